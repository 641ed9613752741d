// spark.js - a small line of the last minute
//
// Used by: dashboard.js. Keeps: nothing.

import { attr, svg } from "./dom.js";
import { tx } from "./tongue.js";

const W = 96;
const H = 20;

export function spark(what) {
	const line = svg("polyline", { fill: "none", "vector-effect": "non-scaling-stroke" });
	const node = svg(
		"svg",
		{
			viewBox: `0 0 ${W} ${H}`,
			width: W,
			height: H,
			class: "spark",
			preserveAspectRatio: "none",
			role: "img",
			"aria-label": what,
		},
		line,
	);
	return {
		node,
		update(values, say) {
			const most = Math.max(1, ...values);
			const x = (i) => (W - 2) * (values.length < 2 ? 1 : i / (values.length - 1)) + 1;
			const y = (v) => H - 2 - ((H - 4) * v) / most;
			attr(line, "points", values.map((v, i) => `${x(i).toFixed(1)},${y(v).toFixed(1)}`).join(" "));
			attr(
				node,
				"aria-label",
				values.length ? tx("{}, last minute, at most {}", what, say(Math.max(...values))) : what,
			);
		},
	};
}

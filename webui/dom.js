// dom.js - elements without markup
//
// Everything on a page is made here with createElement and textContent. The gateway's policy
// forbids innerHTML (trusted types "none"), so text of strangers stays text.
// Used by: every page. Keeps: which rows a parent holds (sync), by weak reference.

const SVG = "http://www.w3.org/2000/svg";

function give(node, props) {
	for (const [k, v] of Object.entries(props ?? {})) {
		if (v === null || v === undefined || v === false) continue;
		if (typeof v === "function") node.addEventListener(k, v);
		else node.setAttribute(k, v === true ? "" : v);
	}
}

// h("p", {class: "x", click: f}, "text", node, [more]): props are attributes, functions listeners.
export function h(tag, props, ...children) {
	const node = document.createElement(tag);
	give(node, props);
	put(node, children);
	return node;
}

export function svg(tag, props, ...children) {
	const node = document.createElementNS(SVG, tag);
	give(node, props);
	put(node, children);
	return node;
}

export function put(node, ...children) {
	for (const c of children.flat(Infinity)) if (c !== null && c !== undefined && c !== false) node.append(c);
	return node;
}

export function fill(node, ...children) {
	node.replaceChildren();
	return put(node, children);
}

// Writes only what differs, so that a selection or a reading position survives.
export function text(node, value) {
	const s = String(value ?? "");
	if (node.textContent !== s) node.textContent = s;
}

export function flag(node, name, on) {
	if (on !== node.hasAttribute(name)) node.toggleAttribute(name, on);
}

export function attr(node, name, value) {
	if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

// Brings the parts of `parent` in line with `items`. make(item) gives {nodes, update(item)};
// a part lives as long as its key does, so focus, open rows and selections survive updates.
const shelves = new WeakMap();

export function sync(parent, items, key, make) {
	const before = shelves.get(parent) ?? new Map();
	const now = new Map();
	for (const item of items) now.set(key(item), item);
	for (const [k, part] of before) if (!now.has(k)) part.nodes.forEach((n) => n.remove());
	let at = parent.firstChild;
	for (const [k, item] of now) {
		const part = before.get(k) ?? make(item);
		part.update?.(item);
		for (const n of part.nodes) {
			if (n === at) at = at.nextSibling;
			else parent.insertBefore(n, at);
		}
		now.set(k, part);
	}
	shelves.set(parent, now);
}

let numbers = 0;
export const fresh = (prefix) => `${prefix}-${++numbers}`;

// A table in a frame that scrolls by itself when the window is narrow. Columns are strings or
// {label, class, hidden}; hidden labels are for those who listen.
export function table(caption, columns, o = {}) {
	const body = h("tbody");
	const id = fresh("cap");
	const head = columns
		.map((c) => (typeof c === "string" ? { label: c } : c))
		.map((c) =>
			h(
				"th",
				{ scope: "col", class: c.class },
				c.hidden ? h("span", { class: "unseen" }, c.label) : c.label,
			),
		);
	const node = h(
		"div",
		{ class: `frame ${o.class ?? ""}`, tabindex: "0", role: "region", "aria-labelledby": id },
		h(
			"table",
			null,
			h("caption", { id, class: o.showCaption ? null : "unseen" }, caption),
			h("thead", null, h("tr", null, head)),
			body,
		),
	);
	return { node, body, columns: columns.length };
}

export const button = (label, click, o = {}) => h("button", { type: "button", ...o, click }, label);

export const link = (href, ...children) => h("a", { href }, children);

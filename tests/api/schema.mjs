// schema.mjs - as much of JSON schema 2020-12 as our own document uses, and not a word more
//
// An unknown keyword is an error: a check that is silently left out is no check.
const KNOWN = new Set(["type", "properties", "required", "additionalProperties", "items", "enum", "const", "$ref",
	"allOf", "anyOf", "pattern", "format", "minimum", "maximum", "minLength", "maxLength", "maxItems", "default",
	"description", "readOnly", "writeOnly"]);

const typeOf = (v) => (v === null ? "null" : Array.isArray(v) ? "array" : typeof v);

function typeFits(v, type) {
	if (type === "integer")
		return Number.isInteger(v);
	return typeOf(v) === type;
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

export class Validator {
	constructor(document) {
		this.document = document;
	}

	resolve(ref) {
		let at = this.document;
		for (const word of ref.replace(/^#\//, "").split("/"))
			at = at?.[word];
		if (!at)
			throw new Error(`the document has no ${ref}`);
		return at;
	}

	// A list of sentences; empty when the value fits.
	check(schema, value, where = "") {
		const out = [];
		const say = (text) => out.push(`${where || "/"}: ${text}`);
		for (const k of Object.keys(schema))
			if (!KNOWN.has(k) && !k.startsWith("x-"))
				throw new Error(`schema.mjs does not know the keyword ${k}`);
		if (schema.$ref)
			out.push(...this.check(this.resolve(schema.$ref), value, where));
		for (const s of schema.allOf ?? [])
			out.push(...this.check(s, value, where));
		if (schema.anyOf && !schema.anyOf.some((s) => this.check(s, value, where).length === 0))
			say(`fits none of anyOf: ${JSON.stringify(value)?.slice(0, 200)} ${this.check(schema.anyOf[0], value, where).slice(0, 3)}`);
		if (schema.type && ![].concat(schema.type).some((t) => typeFits(value, t)))
			say(`${JSON.stringify(value)?.slice(0, 80)} is not ${schema.type}`);
		if (schema.enum && !schema.enum.includes(value))
			say(`${JSON.stringify(value)} is none of ${schema.enum}`);
		if ("const" in schema && schema.const !== value)
			say(`${JSON.stringify(value)} is not ${schema.const}`);
		if (typeof value === "string") {
			if (schema.pattern && !new RegExp(schema.pattern).test(value))
				say(`"${value}" does not match ${schema.pattern}`);
			if (schema.format === "date-time" && !MOMENT.test(value))
				say(`"${value}" is no moment`);
			if (schema.minLength !== undefined && [...value].length < schema.minLength)
				say("is too short");
			if (schema.maxLength !== undefined && [...value].length > schema.maxLength)
				say("is too long");
		}
		if (typeof value === "number") {
			if (schema.minimum !== undefined && value < schema.minimum)
				say(`${value} is under ${schema.minimum}`);
			if (schema.maximum !== undefined && value > schema.maximum)
				say(`${value} is over ${schema.maximum}`);
		}
		if (Array.isArray(value)) {
			if (schema.maxItems !== undefined && value.length > schema.maxItems)
				say("has too many items");
			if (schema.items)
				value.forEach((v, i) => out.push(...this.check(schema.items, v, `${where}/${i}`)));
		} else if (value && typeof value === "object") {
			for (const name of schema.required ?? [])
				if (!(name in value))
					say(`${name} is missing`);
			for (const [k, v] of Object.entries(value)) {
				if (schema.properties?.[k])
					out.push(...this.check(schema.properties[k], v, `${where}/${k}`));
				else if (schema.additionalProperties === false)
					say(`${k} is no member`);
			}
		}
		return out;
	}

	// Members of an answer that no schema on the way names; allOf counts together.
	strangers(schema, value, where = "") {
		const named = {};
		let closed = false;
		const gather = (s) => {
			if (s.$ref)
				gather(this.resolve(s.$ref));
			(s.allOf ?? []).forEach(gather);
			if (s.properties) {
				Object.assign(named, s.properties);
				closed = true;
			}
			if (s.items)
				named[Symbol.for("items")] = s.items;
		};
		gather(schema);
		if (Array.isArray(value) && named[Symbol.for("items")])
			return value.flatMap((v, i) => this.strangers(named[Symbol.for("items")], v, `${where}/${i}`));
		if (!value || typeof value !== "object" || !closed || Array.isArray(value))
			return [];
		return Object.entries(value).flatMap(([k, v]) => (named[k] ? this.strangers(named[k], v, `${where}/${k}`) : [`${where}/${k}`]));
	}
}

// --- reading an event ---

/** `detail-type` of every event. */
export type DetailType = ImagebusEvent["detail-type"];

/** The events of one name: `EventOf<"LabelsDetected">` has any version, `EventOf<"LabelsDetected", 2>` one. */
export type EventOf<T extends DetailType, V extends number = number> = Extract<
  ImagebusEvent,
  { "detail-type": T; detail: { meta: { schema_version: V } } }
>;

/**
 * Why a value is not an event that this file knows.
 *
 * - `not_json`, `invalid`: it never will be. `path` is the first field that is wrong.
 * - `unknown_event`, `newer_version`: it is newer than this file. Update the file, then retry the message.
 */
export type Reason = "not_json" | "invalid" | "unknown_event" | "newer_version";

export class NotAnEvent extends Error {
  override readonly name = "NotAnEvent";
  readonly reason: Reason;
  readonly path: string;

  constructor(reason: Reason, message: string, path = "") {
    super(message);
    this.reason = reason;
    this.path = path;
  }
}

/**
 * The event in `value`: the envelope as EventBridge delivers it, or its JSON, as in the body of an SQS message.
 *
 * Fields that this file does not know are kept and ignored: an event with new optional fields is read as before.
 * Throws NotAnEvent. Do not catch it in a handler: the message is retried, and finally becomes a dead letter.
 */
export function parseEvent(value: unknown): ImagebusEvent {
  const envelope = typeof value === "string" ? fromJson(value) : value;
  check(envelope, "#Envelope", "event");
  const { "detail-type": name, detail } = envelope as { "detail-type"?: unknown; detail?: unknown };
  const versions = typeof name === "string" && Object.hasOwn(EVENTS, name) ? EVENTS[name] : undefined;
  if (versions === undefined) {
    throw new NotAnEvent("unknown_event", `no event is named ${JSON.stringify(name)}`, "event.detail-type");
  }
  check(envelope, { source: { "=": [versions.source] }, detail: { meta: `#${versions.meta}` } }, "event");
  const version = (detail as { meta: { schema_version: number } }).meta.schema_version;
  if (version > versions.newest) {
    const known = `${String(name)} version ${version} is newer than ${versions.newest}`;
    throw new NotAnEvent("newer_version", known, "event.detail.meta.schema_version");
  }
  if (version < 1) {
    throw new NotAnEvent("invalid", `there is no version ${version}`, "event.detail.meta.schema_version");
  }
  check(envelope, { detail: { data: `#${String(name)}V${version}Data` } }, "event");
  return envelope as ImagebusEvent;
}

/** Whether parseEvent would return `value`. Of JSON as text it says no: parse it first. */
export function isImagebusEvent(value: unknown): value is ImagebusEvent {
  try {
    return typeof value !== "string" && parseEvent(value) === value;
  } catch (error) {
    if (error instanceof NotAnEvent) return false;
    throw error;
  }
}

/**
 * Whether an event has this version; the compiler then knows its `data`.
 *
 *     if (event["detail-type"] === "LabelsDetected" && hasVersion(event, 2)) event.detail.data.model_versions
 */
export function hasVersion<E extends ImagebusEvent, V extends E["detail"]["meta"]["schema_version"]>(
  event: E,
  version: V,
): event is Extract<E, { detail: { meta: { schema_version: V } } }> {
  return event.detail.meta.schema_version === version;
}

/** Whether it was sent again from the archive. Its work may have been done already, and in another order. */
export function isReplayed(event: ImagebusEvent): boolean {
  return event["replay-name"] !== undefined;
}

type Shape = string | readonly Shape[] | { readonly [field: string]: Shape | readonly (string | number)[] };

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NotAnEvent("not_json", "the text is not JSON");
  }
}

/** Throws NotAnEvent if `value` does not have this shape. */
function check(value: unknown, shape: Shape, path: string): void {
  if (typeof shape === "string") return checkNamed(value, shape.split("|"), path);
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) throw wrong(path, "an array", value);
    return value.forEach((each, index) => check(each, shape[0], `${path}[${index}]`));
  }
  const fields = shape as { readonly [field: string]: Shape };
  if ("=" in fields) {
    const allowed = fields["="] as readonly unknown[];
    if (allowed.includes(value)) return;
    throw wrong(path, allowed.map((each) => JSON.stringify(each)).join(" or "), value);
  }
  if ("|" in fields) return checkAny(value, fields["|"] as readonly Shape[], path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(path, "an object", value);
  }
  const found = value as { readonly [field: string]: unknown };
  if ("*" in fields) {
    const each = fields["*"] as Shape;
    return Object.keys(found).forEach((name) => check(found[name], each, `${path}.${name}`));
  }
  for (const [field, inner] of Object.entries(fields)) {
    const name = field.replace(/\?$/, "");
    if (Object.hasOwn(found, name)) check(found[name], inner, `${path}.${name}`);
    else if (name === field) throw new NotAnEvent("invalid", `${path}.${name} is missing`, `${path}.${name}`);
  }
}

function checkNamed(value: unknown, names: readonly string[], path: string): void {
  const [only, ...others] = names;
  if (only !== undefined && others.length > 0) return checkAny(value, names, path);
  if (only?.startsWith("#")) return check(value, SHAPES[only.slice(1)] as Shape, path);
  const found = value === null ? "null" : Number.isInteger(value) ? "integer" : typeof value;
  if (only !== "unknown" && found !== only && !(only === "number" && found === "integer")) {
    throw wrong(path, `a value of type ${only}`, value);
  }
}

/** One of several shapes. If it is none, what is wrong with the first one that is not null. */
function checkAny(value: unknown, options: readonly Shape[], path: string): void {
  let first: unknown;
  for (const option of options) {
    try {
      return check(value, option, path);
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

function wrong(path: string, expected: string, value: unknown): NotAnEvent {
  const found = value === null ? "null" : Array.isArray(value) ? "an array" : typeof value;
  return new NotAnEvent("invalid", `${path} must be ${expected}, and is ${found}`, path);
}

// A consumer as somebody would write it. It must compile against the committed types, and against those of
// richer schemas. Where it is wrong, the compiler must say so: an unused @ts-expect-error is an error itself.
import {
  hasVersion,
  isImagebusEvent,
  isReplayed,
  parseEvent,
  type DetailType,
  type EventOf,
  type ImagebusEvent,
  type ImageProcessed,
  type ImageRejectedV1Data,
  type LabelsDetectedV2,
  type Meta,
} from "./events.js";

export function summary(event: ImagebusEvent): string {
  switch (event["detail-type"]) {
    case "ImageProcessed":
      return `${event.detail.meta.image_key}: ${event.detail.data.width ?? "?"} wide`;
    case "ImageRejected":
      return advice(event.detail.data.code);
    case "LabelsDetected":
      if (hasVersion(event, 2)) return Object.values(event.detail.data.model_versions).join();
      return event.detail.data.model_version;
    case "RecipePromoted":
      // @ts-expect-error an event about the stack names no image
      return event.detail.meta.image_key;
    default:
      // @ts-expect-error only some of the others have a recipe
      return event.detail.data.recipe;
  }
}

/** All rejection codes are known: a new one is a new version of the event. */
function advice(code: ImageRejectedV1Data["code"]): string {
  switch (code) {
    case "corrupt":
    case "empty":
    case "gone":
    case "trailing_data":
      return "upload it again";
    case "too_costly":
    case "too_many_bytes":
    case "too_many_frames":
    case "too_many_pixels":
      return "make it smaller";
    case "unsupported_format":
      return "convert it";
    default: {
      const none: never = code;
      return none;
    }
  }
}

export function labels(event: EventOf<"LabelsDetected", 2>): readonly string[] {
  const same: LabelsDetectedV2 = event;
  const faces: number | undefined = same.detail.data.faces?.count;
  return [...same.detail.data.labels.map((label) => label.name), `${faces ?? 0} faces`];
}

export function once(event: ImageProcessed, seen: Set<string>): boolean {
  const meta: Meta = event.detail.meta;
  const version: 1 = event.detail.meta.schema_version;
  return version === 1 && !isReplayed(event) && !seen.has(meta.event_id);
}

// Of every event, name and version are literals: one that were any text or number would make these false.
type Version = ImagebusEvent["detail"]["meta"]["schema_version"];
export const named: string extends DetailType ? false : true = true;
export const numbered: number extends Version ? false : true = true;
// @ts-expect-error there is no such event
export const misspelt: DetailType = "ImageProccessed";

export function receive(body: string): string {
  const event = parseEvent(body);
  return isImagebusEvent(JSON.parse(body)) ? summary(event) : "";
}

// Generated from schemas/ by `make generate`; do not edit.

/**
 * Any event of the pipeline, as EventBridge delivers it. `detail-type` says which.
 */
export type ImagebusEvent =
  | ImageUploaded
  | ImageDeleted
  | ImageValidated
  | ImageRejected
  | ThumbnailsCreated
  | ImageWatermarked
  | WatermarkSkipped
  | MetadataExtracted
  | LabelsDetected
  | LabelsSkipped
  | ProcessingFailed
  | ProcessingStalled
  | ImageProcessed
  | DerivationRequested
  | VariantsPruned
  | RecipePromoted;
/**
 * An object was written to the uploads bucket.
 */
export type ImageUploaded = ImageUploadedV1;
/**
 * The key has no current object: its newest version is a delete marker, or no version is left.
 */
export type ImageDeleted = ImageDeletedV1;
/**
 * The bytes are an image that the pipeline accepts. Width and height are as displayed.
 *
 * Version 2 added the formats that are accepted only where `AcceptedFormats` names them.
 */
export type ImageValidated = ImageValidatedV1 | ImageValidatedV2;
/**
 * The bytes are not an image that the pipeline accepts. Final.
 */
export type ImageRejected = ImageRejectedV1;
/**
 * Every variant of the recipe was written. `still` is true if they show the first frame of an animation.
 *
 * `recipe` is the engine's number and the recipe's id: `2026-11.5/0c9f…`. Of two facts by one recipe the one of the greater generation counts.
 */
export type ThumbnailsCreated = ThumbnailsCreatedV1;
/**
 * A watermarked copy was written.
 */
export type ImageWatermarked = ImageWatermarkedV1;
/**
 * The recipe asks for no watermarked copy.
 */
export type WatermarkSkipped = WatermarkSkippedV1;
/**
 * Properties, an allow-list of EXIF (never a position or a serial number), colours and hashes.
 */
export type MetadataExtracted = MetadataExtractedV1;
/**
 * What Rekognition detected. Analyses not requested are absent; those that failed are in `skipped`.
 *
 * Version 2 added faces and moderation, each with its own model: `model_version` became `model_versions`.
 */
export type LabelsDetected = LabelsDetectedV1 | LabelsDetectedV2;
/**
 * No labels were requested or available; they are never made up.
 */
export type LabelsSkipped = LabelsSkippedV1;
/**
 * A stage gave up on an event. `failed_event` is the complete event, so that it can be retried.
 */
export type ProcessingFailed = ProcessingFailedV1;
/**
 * Required facts are overdue: the image has waited too long for them.
 */
export type ProcessingStalled = ProcessingStalledV1;
/**
 * Every required fact is present: the final success. `stages` maps a stage to its milliseconds.
 */
export type ImageProcessed = ImageProcessedV1;
/**
 * Derive what the recipe asks for from an image that is there already. Nobody is notified.
 *
 * The stages that are not in `stages` have nothing to do. `present` and `marked` are objects that the recipe shares with others and that need not be made again.
 */
export type DerivationRequested = DerivationRequestedV1;
/**
 * The objects that these facts alone named are removed. `retired` are the facts' ids.
 */
export type VariantsPruned = VariantsPrunedV1;
/**
 * Another set of recipes decides what readers see, for all images at once. `by` is who promoted it.
 *
 * Going back to an earlier set is a promotion as well. `number` counts the stack's promotions from 1.
 */
export type RecipePromoted = RecipePromotedV1;

/**
 * An object was written to the uploads bucket.
 */
export interface ImageUploadedV1 extends Envelope {
  "detail-type": "ImageUploaded";
  source: "imagebus.ingest";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 1;
    };
    data: ImageUploadedV1Data;
  };
}
export interface Meta {
  /**
   * The same for the same fact, however often it is delivered: use it to handle a fact once.
   */
  event_id: string;
  /**
   * The version of `data`.
   */
  schema_version: number;
  /**
   * The S3 key of the image, as its uploader chose it.
   */
  image_key: string;
  /**
   * Orders the uploads of one key: greater, compared as text, is newer.
   */
  revision: string;
  /**
   * The S3 version of the upload.
   */
  version_id?: string | null;
  /**
   * The event_id of the upload at the root.
   */
  correlation_id: string;
  /**
   * The event_id of the event that led to this one.
   */
  causation_id?: string | null;
  /**
   * RFC 3339, in UTC, with milliseconds.
   */
  occurred_at: string;
  /**
   * The service that published the event.
   */
  producer: string;
  usage?: Usage;
}
/**
 * The resources that producing this event took, so that costs can be summed from events alone.
 */
export interface Usage {
  /**
   * Integer, from 0.
   */
  billed_ms?: number;
  /**
   * Integer, from 0.
   */
  cpu_ms?: number | null;
  /**
   * Integer, from 0.
   */
  memory_mb?: number;
  /**
   * Integer, from 0.
   */
  bytes_in?: number;
  /**
   * Integer, from 0.
   */
  bytes_out?: number;
  /**
   * Integer, from 0.
   */
  rekognition_calls?: number;
}
/**
 * An object was written to the uploads bucket.
 */
export interface ImageUploadedV1Data {
  /**
   * String, up to 255 characters.
   */
  bucket: string;
  /**
   * Integer, from 0.
   */
  size: number;
  /**
   * String, up to 255 characters.
   */
  etag: string;
  /**
   * String, up to 1000 characters.
   */
  reason: string;
  /**
   * String, up to 1000 characters.
   */
  uploaded_at?: string | null;
}
/**
 * What EventBridge wraps every event in.
 */
export interface Envelope {
  /**
   * Of the envelope, not of the event: always 0.
   */
  version: string;
  /**
   * Of this envelope. It differs when the same fact is published again: see detail.meta.event_id.
   */
  id: string;
  /**
   * The AWS account of the pipeline.
   */
  account: string;
  /**
   * When the event was published, to the second. When it happened is detail.meta.occurred_at.
   */
  time: string;
  /**
   * The AWS region of the pipeline.
   */
  region: string;
  /**
   * ARNs of what the event is about.
   */
  resources: string[];
  /**
   * Only in replayed events.
   */
  "replay-name"?: string;
}
/**
 * The key has no current object: its newest version is a delete marker, or no version is left.
 */
export interface ImageDeletedV1 extends Envelope {
  "detail-type": "ImageDeleted";
  source: "imagebus.ingest";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 1;
    };
    data: ImageDeletedV1Data;
  };
}
/**
 * The key has no current object: its newest version is a delete marker, or no version is left.
 */
export interface ImageDeletedV1Data {
  /**
   * String, up to 255 characters.
   */
  bucket: string;
  deletion_type: "Delete Marker Created";
  permanent?: boolean | null;
}
/**
 * Superseded by version 2, but in the archive. The bytes are an image that the pipeline accepts. Width and height are as displayed.
 */
export interface ImageValidatedV1 extends Envelope {
  "detail-type": "ImageValidated";
  source: "imagebus.validator";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 1;
    };
    data: ImageValidatedV1Data;
  };
}
/**
 * The bytes are an image that the pipeline accepts. Width and height are as displayed.
 */
export interface ImageValidatedV1Data {
  /**
   * String, up to 255 characters.
   */
  bucket: string;
  /**
   * Integer, from 0.
   */
  size: number;
  /**
   * String, up to 255 characters.
   */
  etag: string;
  format: "JPEG" | "PNG" | "WEBP" | "GIF" | "AVIF" | "HEIF";
  /**
   * String, up to 255 characters.
   */
  mime: string;
  /**
   * Integer, from 1.
   */
  width: number;
  /**
   * Integer, from 1.
   */
  height: number;
  /**
   * String, up to 255 characters.
   */
  mode: string;
  has_alpha: boolean;
  /**
   * Integer, from 1.
   */
  frames: number;
  /**
   * Integer, 1 to 8.
   */
  orientation: number;
  /**
   * String `^[0-9a-f]{64}$`.
   */
  sha256: string;
  trailer?: Trailer | null;
  truncated?: boolean | null;
  /**
   * `pq`, `hlg`, `gain-map`.
   */
  hdr?: ("pq" | "hlg" | "gain-map") | null;
}
/**
 * What follows an image in its file: the kinds of its parts joined by "+", and all of its bytes.
 */
export interface Trailer {
  /**
   * String, up to 255 characters.
   */
  kind: string;
  /**
   * Integer, from 0.
   */
  bytes: number;
}
/**
 * The bytes are an image that the pipeline accepts. Width and height are as displayed.
 *
 * Version 2 added the formats that are accepted only where `AcceptedFormats` names them.
 */
export interface ImageValidatedV2 extends Envelope {
  "detail-type": "ImageValidated";
  source: "imagebus.validator";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 2;
    };
    data: ImageValidatedV2Data;
  };
}
/**
 * The bytes are an image that the pipeline accepts. Width and height are as displayed.
 *
 * Version 2 added the formats that are accepted only where `AcceptedFormats` names them.
 */
export interface ImageValidatedV2Data {
  /**
   * String, up to 255 characters.
   */
  bucket: string;
  /**
   * Integer, from 0.
   */
  size: number;
  /**
   * String, up to 255 characters.
   */
  etag: string;
  format: "AVIF" | "GIF" | "HEIF" | "JPEG" | "JXL" | "PNG" | "TIFF" | "WEBP";
  /**
   * String, up to 255 characters.
   */
  mime: string;
  /**
   * Integer, from 1.
   */
  width: number;
  /**
   * Integer, from 1.
   */
  height: number;
  /**
   * String, up to 255 characters.
   */
  mode: string;
  has_alpha: boolean;
  /**
   * Integer, from 1.
   */
  frames: number;
  /**
   * Integer, 1 to 8.
   */
  orientation: number;
  /**
   * String `^[0-9a-f]{64}$`.
   */
  sha256: string;
  trailer?: Trailer | null;
  truncated?: boolean | null;
  /**
   * `gain-map`, `hlg`, `pq`.
   */
  hdr?: ("gain-map" | "hlg" | "pq") | null;
  /**
   * String, up to 255 characters.
   */
  recipe?: string | null;
  user_metadata?: {
    [k: string]: string;
  } | null;
}
/**
 * The bytes are not an image that the pipeline accepts. Final.
 */
export interface ImageRejectedV1 extends Envelope {
  "detail-type": "ImageRejected";
  source: "imagebus.validator";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 1;
    };
    data: ImageRejectedV1Data;
  };
}
/**
 * The bytes are not an image that the pipeline accepts. Final.
 */
export interface ImageRejectedV1Data {
  code:
    | "corrupt"
    | "empty"
    | "gone"
    | "too_costly"
    | "too_many_bytes"
    | "too_many_frames"
    | "too_many_pixels"
    | "trailing_data"
    | "unsupported_format";
  /**
   * Integer, from 0.
   */
  limit?: number | null;
  /**
   * Integer, from 0.
   */
  actual?: number | null;
  /**
   * String, up to 1000 characters.
   */
  detail: string;
}
/**
 * Every variant of the recipe was written. `still` is true if they show the first frame of an animation.
 *
 * `recipe` is the engine's number and the recipe's id: `2026-11.5/0c9f…`. Of two facts by one recipe the one of the greater generation counts.
 */
export interface ThumbnailsCreatedV1 extends Envelope {
  "detail-type": "ThumbnailsCreated";
  source: "imagebus.thumbnailer";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 1;
    };
    data: ThumbnailsCreatedV1Data;
  };
}
/**
 * Every variant of the recipe was written. `still` is true if they show the first frame of an animation.
 *
 * `recipe` is the engine's number and the recipe's id: `2026-11.5/0c9f…`. Of two facts by one recipe the one of the greater generation counts.
 */
export interface ThumbnailsCreatedV1Data {
  /**
   * String, up to 255 characters.
   */
  recipe: string;
  /**
   * @maxItems 50
   */
  items: Thumbnail[];
  still?: boolean | null;
  /**
   * Integer, from 0.
   */
  generation?: number | null;
}
/**
 * One derived image. `name` is its variant's: of today's default recipe the box, such as `320x320`.
 *
 * A variant with several formats has an item for each. `variant` identifies what made it: recipes that ask for the same share the object.
 */
export interface Thumbnail {
  /**
   * String, up to 255 characters.
   */
  name: string;
  /**
   * String, up to 255 characters.
   */
  bucket: string;
  /**
   * String, up to 1024 characters.
   */
  key: string;
  /**
   * Integer, from 1.
   */
  width: number;
  /**
   * Integer, from 1.
   */
  height: number;
  format: "AVIF" | "GIF" | "HEIF" | "JPEG" | "PNG" | "WEBP";
  /**
   * Integer, from 0.
   */
  bytes: number;
  /**
   * String `^[0-9a-f]{64}$`.
   */
  sha256: string;
  /**
   * String, up to 255 characters.
   */
  variant?: string | null;
}
/**
 * A watermarked copy was written.
 */
export interface ImageWatermarkedV1 extends Envelope {
  "detail-type": "ImageWatermarked";
  source: "imagebus.watermarker";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 1;
    };
    data: ImageWatermarkedV1Data;
  };
}
/**
 * A watermarked copy was written.
 */
export interface ImageWatermarkedV1Data {
  /**
   * String, up to 255 characters.
   */
  recipe: string;
  /**
   * String, up to 255 characters.
   */
  bucket: string;
  /**
   * String, up to 1024 characters.
   */
  key: string;
  /**
   * Integer, from 1.
   */
  width: number;
  /**
   * Integer, from 1.
   */
  height: number;
  format: "AVIF" | "GIF" | "HEIF" | "JPEG" | "PNG" | "WEBP";
  /**
   * Integer, from 0.
   */
  bytes: number;
  /**
   * Integer, from 0.
   */
  generation?: number | null;
}
/**
 * The recipe asks for no watermarked copy.
 */
export interface WatermarkSkippedV1 extends Envelope {
  "detail-type": "WatermarkSkipped";
  source: "imagebus.watermarker";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 1;
    };
    data: WatermarkSkippedV1Data;
  };
}
/**
 * The recipe asks for no watermarked copy.
 */
export interface WatermarkSkippedV1Data {
  /**
   * String, up to 255 characters.
   */
  recipe: string;
  /**
   * String, up to 1000 characters.
   */
  reason: string;
}
/**
 * Properties, an allow-list of EXIF (never a position or a serial number), colours and hashes.
 */
export interface MetadataExtractedV1 extends Envelope {
  "detail-type": "MetadataExtracted";
  source: "imagebus.analyzer";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 1;
    };
    data: MetadataExtractedV1Data;
  };
}
/**
 * Properties, an allow-list of EXIF (never a position or a serial number), colours and hashes.
 */
export interface MetadataExtractedV1Data {
  properties: {
    [k: string]: boolean | number | string;
  };
  exif: {
    [k: string]: boolean | number | string;
  };
  /**
   * Array of string `^#[0-9a-f]{6}$`.
   *
   * @maxItems 16
   */
  dominant_colors: string[];
  /**
   * String, up to 200 characters.
   */
  thumbhash: string;
  /**
   * String, up to 200 characters.
   */
  phash: string;
}
/**
 * Superseded by version 2, but in the archive. What Rekognition saw.
 */
export interface LabelsDetectedV1 extends Envelope {
  "detail-type": "LabelsDetected";
  source: "imagebus.analyzer";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 1;
    };
    data: LabelsDetectedV1Data;
  };
}
/**
 * What Rekognition saw.
 */
export interface LabelsDetectedV1Data {
  /**
   * @maxItems 100
   */
  labels: Label[];
  /**
   * String, up to 200 characters.
   */
  model_version: string;
}
export interface Label {
  /**
   * String, up to 200 characters.
   */
  name: string;
  /**
   * Number, 0 to 100.
   */
  confidence: number;
  /**
   * Array of string, up to 200 characters.
   *
   * @maxItems 20
   */
  parents?: string[];
}
/**
 * What Rekognition detected. Analyses not requested are absent; those that failed are in `skipped`.
 *
 * Version 2 added faces and moderation, each with its own model: `model_version` became `model_versions`.
 */
export interface LabelsDetectedV2 extends Envelope {
  "detail-type": "LabelsDetected";
  source: "imagebus.analyzer";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 2;
    };
    data: LabelsDetectedV2Data;
  };
}
/**
 * What Rekognition detected. Analyses not requested are absent; those that failed are in `skipped`.
 *
 * Version 2 added faces and moderation, each with its own model: `model_version` became `model_versions`.
 */
export interface LabelsDetectedV2Data {
  /**
   * @maxItems 100
   */
  labels: Label[];
  model_versions: {
    [k: string]: string;
  };
  faces?: Faces | null;
  moderation?: ModerationLabel[] | null;
  skipped?: {
    [k: string]: string;
  } | null;
}
/**
 * The number of faces, and the largest ones; the raw output has all of them.
 */
export interface Faces {
  /**
   * Integer, from 0.
   */
  count: number;
  /**
   * @maxItems 20
   */
  largest: Face[];
}
/**
 * What the face looks like, never whose it is.
 */
export interface Face {
  box: Box;
  /**
   * Number, 0 to 100.
   */
  confidence: number;
  /**
   * Integer, from 0.
   */
  age_low?: number | null;
  /**
   * Integer, from 0.
   */
  age_high?: number | null;
  /**
   * String, up to 200 characters.
   */
  emotion?: string | null;
  smile?: boolean | null;
  eyes_open?: boolean | null;
  mouth_open?: boolean | null;
  eyeglasses?: boolean | null;
  sunglasses?: boolean | null;
  occluded?: boolean | null;
}
/**
 * Fractions of the image as displayed. A face at the edge may extend beyond it: below 0 or above 1.
 */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}
export interface ModerationLabel {
  /**
   * String, up to 200 characters.
   */
  name: string;
  /**
   * Number, 0 to 100.
   */
  confidence: number;
  /**
   * String, up to 200 characters.
   */
  parent?: string | null;
}
/**
 * No labels were requested or available; they are never made up.
 */
export interface LabelsSkippedV1 extends Envelope {
  "detail-type": "LabelsSkipped";
  source: "imagebus.analyzer";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 1;
    };
    data: LabelsSkippedV1Data;
  };
}
/**
 * No labels were requested or available; they are never made up.
 */
export interface LabelsSkippedV1Data {
  /**
   * String, up to 1000 characters.
   */
  reason: string;
}
/**
 * A stage gave up on an event. `failed_event` is the complete event, so that it can be retried.
 */
export interface ProcessingFailedV1 extends Envelope {
  "detail-type": "ProcessingFailed";
  source: "imagebus.failures";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 1;
    };
    data: ProcessingFailedV1Data;
  };
}
/**
 * A stage gave up on an event. `failed_event` is the complete event, so that it can be retried.
 */
export interface ProcessingFailedV1Data {
  /**
   * String, up to 255 characters.
   */
  stage: string;
  /**
   * String, up to 255 characters.
   */
  error_type: string;
  /**
   * String, up to 1000 characters.
   */
  message: string;
  /**
   * Integer, from 0.
   */
  attempts: number;
  failed_event: {
    [k: string]: unknown;
  };
}
/**
 * Required facts are overdue: the image has waited too long for them.
 */
export interface ProcessingStalledV1 extends Envelope {
  "detail-type": "ProcessingStalled";
  source: "imagebus.recorder";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 1;
    };
    data: ProcessingStalledV1Data;
  };
}
/**
 * Required facts are overdue: the image has waited too long for them.
 */
export interface ProcessingStalledV1Data {
  /**
   * Array of string, up to 255 characters.
   *
   * @maxItems 50
   */
  missing: string[];
  /**
   * Integer, from 0.
   */
  waited_s: number;
}
/**
 * Every required fact is present: the final success. `stages` maps a stage to its milliseconds.
 */
export interface ImageProcessedV1 extends Envelope {
  "detail-type": "ImageProcessed";
  source: "imagebus.recorder";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 1;
    };
    data: ImageProcessedV1Data;
  };
}
/**
 * Every required fact is present: the final success. `stages` maps a stage to its milliseconds.
 */
export interface ImageProcessedV1Data {
  stages: {
    [k: string]: number;
  };
  duration_ms: number;
  counts: {
    [k: string]: number;
  };
  /**
   * `AVIF`, `GIF`, `HEIF`, `JPEG`, `PNG`, `WEBP`.
   */
  format?: ("AVIF" | "GIF" | "HEIF" | "JPEG" | "PNG" | "WEBP") | null;
  /**
   * Integer, from 1.
   */
  width?: number | null;
  /**
   * Integer, from 1.
   */
  height?: number | null;
  /**
   * String, up to 200 characters.
   */
  top_label?: string | null;
}
/**
 * Derive what the recipe asks for from an image that is there already. Nobody is notified.
 *
 * The stages that are not in `stages` have nothing to do. `present` and `marked` are objects that the recipe shares with others and that need not be made again.
 */
export interface DerivationRequestedV1 extends Envelope {
  "detail-type": "DerivationRequested";
  source: "imagebus.operator";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 1;
    };
    data: DerivationRequestedV1Data;
  };
}
/**
 * Derive what the recipe asks for from an image that is there already. Nobody is notified.
 *
 * The stages that are not in `stages` have nothing to do. `present` and `marked` are objects that the recipe shares with others and that need not be made again.
 */
export interface DerivationRequestedV1Data {
  /**
   * String, up to 255 characters.
   */
  recipe: string;
  /**
   * Array of `thumbnailer`, `watermarker`.
   *
   * @maxItems 2
   */
  stages: ("thumbnailer" | "watermarker")[];
  /**
   * String, up to 255 characters.
   */
  bucket: string;
  /**
   * String, up to 255 characters.
   */
  etag: string;
  format: "AVIF" | "GIF" | "HEIF" | "JPEG" | "JXL" | "PNG" | "TIFF" | "WEBP";
  /**
   * Integer, from 1.
   */
  frames: number;
  /**
   * Integer, from 0.
   */
  generation?: number;
  /**
   * @maxItems 50
   */
  present?: Thumbnail[];
  marked?: Copy | null;
  /**
   * @maxItems 20
   */
  faces?: Box[];
}
/**
 * A watermarked copy that is there.
 */
export interface Copy {
  /**
   * String, up to 255 characters.
   */
  bucket: string;
  /**
   * String, up to 1024 characters.
   */
  key: string;
  /**
   * Integer, from 1.
   */
  width: number;
  /**
   * Integer, from 1.
   */
  height: number;
  format: "AVIF" | "GIF" | "HEIF" | "JPEG" | "PNG" | "WEBP";
  /**
   * Integer, from 0.
   */
  bytes: number;
}
/**
 * The objects that these facts alone named are removed. `retired` are the facts' ids.
 */
export interface VariantsPrunedV1 extends Envelope {
  "detail-type": "VariantsPruned";
  source: "imagebus.operator";
  detail: {
    meta: Meta & {
      /**
       * The version of `data`.
       */
      schema_version: 1;
    };
    data: VariantsPrunedV1Data;
  };
}
/**
 * The objects that these facts alone named are removed. `retired` are the facts' ids.
 */
export interface VariantsPrunedV1Data {
  /**
   * Array of string `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`.
   *
   * @maxItems 200
   */
  retired: string[];
  /**
   * Integer, from 0.
   */
  objects: number;
  /**
   * Integer, from 0.
   */
  bytes: number;
}
/**
 * Another set of recipes decides what readers see, for all images at once. `by` is who promoted it.
 *
 * Going back to an earlier set is a promotion as well. `number` counts the stack's promotions from 1.
 */
export interface RecipePromotedV1 extends Envelope {
  "detail-type": "RecipePromoted";
  source: "imagebus.operator";
  detail: {
    meta: StackMeta & {
      /**
       * The version of `data`.
       */
      schema_version: 1;
    };
    data: RecipePromotedV1Data;
  };
}
/**
 * Of an event about the stack as a whole.
 */
export interface StackMeta {
  /**
   * The same for the same fact, however often it is delivered: use it to handle a fact once.
   */
  event_id: string;
  /**
   * The version of `data`.
   */
  schema_version: number;
  /**
   * RFC 3339, in UTC, with milliseconds.
   */
  occurred_at: string;
  /**
   * The service that published the event.
   */
  producer: string;
}
/**
 * Another set of recipes decides what readers see, for all images at once. `by` is who promoted it.
 *
 * Going back to an earlier set is a promotion as well. `number` counts the stack's promotions from 1.
 */
export interface RecipePromotedV1Data {
  /**
   * Integer, from 1.
   */
  number: number;
  /**
   * String, up to 255 characters.
   */
  to_set?: string | null;
  /**
   * String, up to 255 characters.
   */
  from_set?: string | null;
  /**
   * String, up to 255 characters.
   */
  by: string;
  /**
   * String, up to 1000 characters.
   */
  note?: string | null;
}

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

const EVENTS: { readonly [name: string]: { readonly source: string; readonly meta: string; readonly newest: number } } = {
  "ImageUploaded": {"source": "imagebus.ingest", "meta": "Meta", "newest": 1},
  "ImageDeleted": {"source": "imagebus.ingest", "meta": "Meta", "newest": 1},
  "ImageValidated": {"source": "imagebus.validator", "meta": "Meta", "newest": 2},
  "ImageRejected": {"source": "imagebus.validator", "meta": "Meta", "newest": 1},
  "ThumbnailsCreated": {"source": "imagebus.thumbnailer", "meta": "Meta", "newest": 1},
  "ImageWatermarked": {"source": "imagebus.watermarker", "meta": "Meta", "newest": 1},
  "WatermarkSkipped": {"source": "imagebus.watermarker", "meta": "Meta", "newest": 1},
  "MetadataExtracted": {"source": "imagebus.analyzer", "meta": "Meta", "newest": 1},
  "LabelsDetected": {"source": "imagebus.analyzer", "meta": "Meta", "newest": 2},
  "LabelsSkipped": {"source": "imagebus.analyzer", "meta": "Meta", "newest": 1},
  "ProcessingFailed": {"source": "imagebus.failures", "meta": "Meta", "newest": 1},
  "ProcessingStalled": {"source": "imagebus.recorder", "meta": "Meta", "newest": 1},
  "ImageProcessed": {"source": "imagebus.recorder", "meta": "Meta", "newest": 1},
  "DerivationRequested": {"source": "imagebus.operator", "meta": "Meta", "newest": 1},
  "VariantsPruned": {"source": "imagebus.operator", "meta": "Meta", "newest": 1},
  "RecipePromoted": {"source": "imagebus.operator", "meta": "StackMeta", "newest": 1},
};

const SHAPES: { readonly [name: string]: Shape } = {
  "Box": {"left": "number", "top": "number", "width": "number", "height": "number"},
  "Copy": {"bucket": "string", "key": "string", "width": "integer", "height": "integer", "format": {"=": ["AVIF", "GIF", "HEIF", "JPEG", "PNG", "WEBP"]}, "bytes": "integer"},
  "DerivationRequestedV1Data": {"recipe": "string", "stages": [{"=": ["thumbnailer", "watermarker"]}], "bucket": "string", "etag": "string", "format": {"=": ["AVIF", "GIF", "HEIF", "JPEG", "JXL", "PNG", "TIFF", "WEBP"]}, "frames": "integer", "generation?": "integer", "present?": ["#Thumbnail"], "marked?": "#Copy|null", "faces?": ["#Box"]},
  "Envelope": {"version": "string", "id": "string", "account": "string", "time": "string", "region": "string", "resources": ["string"], "replay-name?": "string"},
  "Face": {"box": "#Box", "confidence": "number", "age_low?": "integer|null", "age_high?": "integer|null", "emotion?": "string|null", "smile?": "boolean|null", "eyes_open?": "boolean|null", "mouth_open?": "boolean|null", "eyeglasses?": "boolean|null", "sunglasses?": "boolean|null", "occluded?": "boolean|null"},
  "Faces": {"count": "integer", "largest": ["#Face"]},
  "ImageDeletedV1Data": {"bucket": "string", "deletion_type": {"=": ["Delete Marker Created"]}, "permanent?": "boolean|null"},
  "ImageProcessedV1Data": {"stages": {"*": "integer"}, "duration_ms": "integer", "counts": {"*": "integer"}, "format?": {"|": [{"=": ["AVIF", "GIF", "HEIF", "JPEG", "PNG", "WEBP"]}, "null"]}, "width?": "integer|null", "height?": "integer|null", "top_label?": "string|null"},
  "ImageRejectedV1Data": {"code": {"=": ["corrupt", "empty", "gone", "too_costly", "too_many_bytes", "too_many_frames", "too_many_pixels", "trailing_data", "unsupported_format"]}, "limit?": "integer|null", "actual?": "integer|null", "detail": "string"},
  "ImageUploadedV1Data": {"bucket": "string", "size": "integer", "etag": "string", "reason": "string", "uploaded_at?": "string|null"},
  "ImageValidatedV1Data": {"bucket": "string", "size": "integer", "etag": "string", "format": {"=": ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"]}, "mime": "string", "width": "integer", "height": "integer", "mode": "string", "has_alpha": "boolean", "frames": "integer", "orientation": "integer", "sha256": "string", "trailer?": "#Trailer|null", "truncated?": "boolean|null", "hdr?": {"|": [{"=": ["pq", "hlg", "gain-map"]}, "null"]}},
  "ImageValidatedV2Data": {"bucket": "string", "size": "integer", "etag": "string", "format": {"=": ["AVIF", "GIF", "HEIF", "JPEG", "JXL", "PNG", "TIFF", "WEBP"]}, "mime": "string", "width": "integer", "height": "integer", "mode": "string", "has_alpha": "boolean", "frames": "integer", "orientation": "integer", "sha256": "string", "trailer?": "#Trailer|null", "truncated?": "boolean|null", "hdr?": {"|": [{"=": ["gain-map", "hlg", "pq"]}, "null"]}, "recipe?": "string|null", "user_metadata?": {"|": [{"*": "string"}, "null"]}},
  "ImageWatermarkedV1Data": {"recipe": "string", "bucket": "string", "key": "string", "width": "integer", "height": "integer", "format": {"=": ["AVIF", "GIF", "HEIF", "JPEG", "PNG", "WEBP"]}, "bytes": "integer", "generation?": "integer|null"},
  "Label": {"name": "string", "confidence": "number", "parents?": ["string"]},
  "LabelsDetectedV1Data": {"labels": ["#Label"], "model_version": "string"},
  "LabelsDetectedV2Data": {"labels": ["#Label"], "model_versions": {"*": "string"}, "faces?": "#Faces|null", "moderation?": {"|": [["#ModerationLabel"], "null"]}, "skipped?": {"|": [{"*": "string"}, "null"]}},
  "LabelsSkippedV1Data": {"reason": "string"},
  "Meta": {"event_id": "string", "schema_version": "integer", "image_key": "string", "revision": "string", "version_id?": "string|null", "correlation_id": "string", "causation_id?": "string|null", "occurred_at": "string", "producer": "string", "usage?": "#Usage"},
  "MetadataExtractedV1Data": {"properties": {"*": "boolean|integer|number|string"}, "exif": {"*": "boolean|integer|number|string"}, "dominant_colors": ["string"], "thumbhash": "string", "phash": "string"},
  "ModerationLabel": {"name": "string", "confidence": "number", "parent?": "string|null"},
  "ProcessingFailedV1Data": {"stage": "string", "error_type": "string", "message": "string", "attempts": "integer", "failed_event": {"*": "unknown"}},
  "ProcessingStalledV1Data": {"missing": ["string"], "waited_s": "integer"},
  "RecipePromotedV1Data": {"number": "integer", "to_set?": "string|null", "from_set?": "string|null", "by": "string", "note?": "string|null"},
  "StackMeta": {"event_id": "string", "schema_version": "integer", "occurred_at": "string", "producer": "string"},
  "Thumbnail": {"name": "string", "bucket": "string", "key": "string", "width": "integer", "height": "integer", "format": {"=": ["AVIF", "GIF", "HEIF", "JPEG", "PNG", "WEBP"]}, "bytes": "integer", "sha256": "string", "variant?": "string|null"},
  "ThumbnailsCreatedV1Data": {"recipe": "string", "items": ["#Thumbnail"], "still?": "boolean|null", "generation?": "integer|null"},
  "Trailer": {"kind": "string", "bytes": "integer"},
  "Usage": {"billed_ms?": "integer", "cpu_ms?": "integer|null", "memory_mb?": "integer", "bytes_in?": "integer", "bytes_out?": "integer", "rekognition_calls?": "integer"},
  "VariantsPrunedV1Data": {"retired": ["string"], "objects": "integer", "bytes": "integer"},
  "WatermarkSkippedV1Data": {"recipe": "string", "reason": "string"},
};

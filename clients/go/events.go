// Generated from schemas/ by `make generate`; do not edit.

package events

// Derive what the recipe asks for from an image that is there already. Nobody is notified.
//
// The stages that are not in `stages` have nothing to do. `present` and `marked` are
// objects that the recipe shares with others and that need not be made again.
type DerivationRequestedV1 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail DerivationRequestedV1Detail `json:"detail"`
	// Always DerivationRequested.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.operator.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type DerivationRequestedV1Detail struct {
	Data DerivationRequestedV1Data `json:"data"`
	Meta Meta `json:"meta"`
}

// Derive what the recipe asks for from an image that is there already. Nobody is notified.
//
// The stages that are not in `stages` have nothing to do. `present` and `marked` are
// objects that the recipe shares with others and that need not be made again.
type DerivationRequestedV1Data struct {
	// String, up to 255 characters.
	Bucket string `json:"bucket"`
	// String, up to 255 characters.
	Etag string `json:"etag"`
	Faces []Box `json:"faces,omitempty"`
	// One of: AVIF, GIF, HEIF, JPEG, JXL, PNG, TIFF, WEBP.
	Format string `json:"format"`
	// Integer, from 1.
	Frames int64 `json:"frames"`
	// Integer, from 0.
	Generation *int64 `json:"generation,omitempty"`
	Marked *Copy `json:"marked"`
	Present []Thumbnail `json:"present,omitempty"`
	// String, up to 255 characters.
	Recipe string `json:"recipe"`
	// Array of `thumbnailer`, `watermarker`.
	Stages []string `json:"stages"`
}

// Fractions of the image as displayed. A face at the edge may extend beyond it: below 0 or
// above 1.
type Box struct {
	Height float64 `json:"height"`
	Left float64 `json:"left"`
	Top float64 `json:"top"`
	Width float64 `json:"width"`
}

// A watermarked copy that is there.
type Copy struct {
	// String, up to 255 characters.
	Bucket string `json:"bucket"`
	// Integer, from 0.
	Bytes int64 `json:"bytes"`
	// One of: AVIF, GIF, HEIF, JPEG, PNG, WEBP.
	Format string `json:"format"`
	// Integer, from 1.
	Height int64 `json:"height"`
	// String, up to 1024 characters.
	Key string `json:"key"`
	// Integer, from 1.
	Width int64 `json:"width"`
}

// One derived image. `name` is its variant's: of today's default recipe the box, such as
// `320x320`.
//
// A variant with several formats has an item for each. `variant` identifies what made it:
// recipes that ask for the same share the object.
type Thumbnail struct {
	// String, up to 255 characters.
	Bucket string `json:"bucket"`
	// Integer, from 0.
	Bytes int64 `json:"bytes"`
	// One of: AVIF, GIF, HEIF, JPEG, PNG, WEBP.
	Format string `json:"format"`
	// Integer, from 1.
	Height int64 `json:"height"`
	// String, up to 1024 characters.
	Key string `json:"key"`
	// String, up to 255 characters.
	Name string `json:"name"`
	// String `^[0-9a-f]{64}$`.
	Sha256 string `json:"sha256"`
	// String, up to 255 characters.
	Variant *string `json:"variant"`
	// Integer, from 1.
	Width int64 `json:"width"`
}

type Meta struct {
	// The event_id of the event that led to this one.
	CausationID *string `json:"causation_id"`
	// The event_id of the upload at the root.
	CorrelationID string `json:"correlation_id"`
	// The same for the same fact, however often it is delivered: use it to handle a fact once.
	EventID string `json:"event_id"`
	// The S3 key of the image, as its uploader chose it.
	ImageKey string `json:"image_key"`
	// RFC 3339, in UTC, with milliseconds.
	OccurredAt string `json:"occurred_at"`
	// The service that published the event.
	Producer string `json:"producer"`
	// Orders the uploads of one key: greater, compared as text, is newer.
	Revision string `json:"revision"`
	// The version of `data`.
	SchemaVersion int64 `json:"schema_version"`
	Usage *Usage `json:"usage,omitempty"`
	// The S3 version of the upload.
	VersionID *string `json:"version_id"`
}

// The resources that producing this event took, so that costs can be summed from events
// alone.
type Usage struct {
	// Integer, from 0.
	BilledMS *int64 `json:"billed_ms,omitempty"`
	// Integer, from 0.
	BytesIn *int64 `json:"bytes_in,omitempty"`
	// Integer, from 0.
	BytesOut *int64 `json:"bytes_out,omitempty"`
	// Integer, from 0.
	CPUMS *int64 `json:"cpu_ms"`
	// Integer, from 0.
	MemoryMB *int64 `json:"memory_mb,omitempty"`
	// Integer, from 0.
	RekognitionCalls *int64 `json:"rekognition_calls,omitempty"`
}

// The key has no current object: its newest version is a delete marker, or no version is
// left.
type ImageDeletedV1 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail ImageDeletedV1Detail `json:"detail"`
	// Always ImageDeleted.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.ingest.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type ImageDeletedV1Detail struct {
	Data ImageDeletedV1Data `json:"data"`
	Meta Meta `json:"meta"`
}

// The key has no current object: its newest version is a delete marker, or no version is
// left.
type ImageDeletedV1Data struct {
	// String, up to 255 characters.
	Bucket string `json:"bucket"`
	// Always Delete Marker Created.
	DeletionType string `json:"deletion_type"`
	Permanent *bool `json:"permanent"`
}

// Every required fact is present: the final success. `stages` maps a stage to its
// milliseconds.
type ImageProcessedV1 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail ImageProcessedV1Detail `json:"detail"`
	// Always ImageProcessed.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.recorder.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type ImageProcessedV1Detail struct {
	Data ImageProcessedV1Data `json:"data"`
	Meta Meta `json:"meta"`
}

// Every required fact is present: the final success. `stages` maps a stage to its
// milliseconds.
type ImageProcessedV1Data struct {
	Counts map[string]int64 `json:"counts"`
	DurationMS int64 `json:"duration_ms"`
	// `AVIF`, `GIF`, `HEIF`, `JPEG`, `PNG`, `WEBP`.
	Format *string `json:"format"`
	// Integer, from 1.
	Height *int64 `json:"height"`
	Stages map[string]int64 `json:"stages"`
	// String, up to 200 characters.
	TopLabel *string `json:"top_label"`
	// Integer, from 1.
	Width *int64 `json:"width"`
}

// The bytes are not an image that the pipeline accepts. Final.
type ImageRejectedV1 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail ImageRejectedV1Detail `json:"detail"`
	// Always ImageRejected.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.validator.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type ImageRejectedV1Detail struct {
	Data ImageRejectedV1Data `json:"data"`
	Meta Meta `json:"meta"`
}

// The bytes are not an image that the pipeline accepts. Final.
type ImageRejectedV1Data struct {
	// Integer, from 0.
	Actual *int64 `json:"actual"`
	// One of: corrupt, empty, gone, too_costly, too_many_bytes, too_many_frames,
	// too_many_pixels, trailing_data, unsupported_format.
	Code string `json:"code"`
	// String, up to 1000 characters.
	Detail string `json:"detail"`
	// Integer, from 0.
	Limit *int64 `json:"limit"`
}

// An object was written to the uploads bucket.
type ImageUploadedV1 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail ImageUploadedV1Detail `json:"detail"`
	// Always ImageUploaded.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.ingest.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type ImageUploadedV1Detail struct {
	Data ImageUploadedV1Data `json:"data"`
	Meta Meta `json:"meta"`
}

// An object was written to the uploads bucket.
type ImageUploadedV1Data struct {
	// String, up to 255 characters.
	Bucket string `json:"bucket"`
	// String, up to 255 characters.
	Etag string `json:"etag"`
	// String, up to 1000 characters.
	Reason string `json:"reason"`
	// Integer, from 0.
	Size int64 `json:"size"`
	// String, up to 1000 characters.
	UploadedAt *string `json:"uploaded_at"`
}

// Superseded by version 2, but in the archive. The bytes are an image that the pipeline
// accepts. Width and height are as displayed.
type ImageValidatedV1 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail ImageValidatedV1Detail `json:"detail"`
	// Always ImageValidated.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.validator.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type ImageValidatedV1Detail struct {
	Data ImageValidatedV1Data `json:"data"`
	Meta Meta `json:"meta"`
}

// The bytes are an image that the pipeline accepts. Width and height are as displayed.
type ImageValidatedV1Data struct {
	// String, up to 255 characters.
	Bucket string `json:"bucket"`
	// String, up to 255 characters.
	Etag string `json:"etag"`
	// One of: JPEG, PNG, WEBP, GIF, AVIF, HEIF.
	Format string `json:"format"`
	// Integer, from 1.
	Frames int64 `json:"frames"`
	HasAlpha bool `json:"has_alpha"`
	// `pq`, `hlg`, `gain-map`.
	Hdr *string `json:"hdr"`
	// Integer, from 1.
	Height int64 `json:"height"`
	// String, up to 255 characters.
	MIME string `json:"mime"`
	// String, up to 255 characters.
	Mode string `json:"mode"`
	// Integer, 1 to 8.
	Orientation int64 `json:"orientation"`
	// String `^[0-9a-f]{64}$`.
	Sha256 string `json:"sha256"`
	// Integer, from 0.
	Size int64 `json:"size"`
	Trailer *Trailer `json:"trailer"`
	Truncated *bool `json:"truncated"`
	// Integer, from 1.
	Width int64 `json:"width"`
}

// What follows an image in its file: the kinds of its parts joined by "+", and all of its
// bytes.
type Trailer struct {
	// Integer, from 0.
	Bytes int64 `json:"bytes"`
	// String, up to 255 characters.
	Kind string `json:"kind"`
}

// The bytes are an image that the pipeline accepts. Width and height are as displayed.
//
// Version 2 added the formats that are accepted only where `AcceptedFormats` names them.
type ImageValidatedV2 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail ImageValidatedV2Detail `json:"detail"`
	// Always ImageValidated.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.validator.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type ImageValidatedV2Detail struct {
	Data ImageValidatedV2Data `json:"data"`
	Meta Meta `json:"meta"`
}

// The bytes are an image that the pipeline accepts. Width and height are as displayed.
//
// Version 2 added the formats that are accepted only where `AcceptedFormats` names them.
type ImageValidatedV2Data struct {
	// String, up to 255 characters.
	Bucket string `json:"bucket"`
	// String, up to 255 characters.
	Etag string `json:"etag"`
	// One of: AVIF, GIF, HEIF, JPEG, JXL, PNG, TIFF, WEBP.
	Format string `json:"format"`
	// Integer, from 1.
	Frames int64 `json:"frames"`
	HasAlpha bool `json:"has_alpha"`
	// `gain-map`, `hlg`, `pq`.
	Hdr *string `json:"hdr"`
	// Integer, from 1.
	Height int64 `json:"height"`
	// String, up to 255 characters.
	MIME string `json:"mime"`
	// String, up to 255 characters.
	Mode string `json:"mode"`
	// Integer, 1 to 8.
	Orientation int64 `json:"orientation"`
	// String, up to 255 characters.
	Recipe *string `json:"recipe"`
	// String `^[0-9a-f]{64}$`.
	Sha256 string `json:"sha256"`
	// Integer, from 0.
	Size int64 `json:"size"`
	Trailer *Trailer `json:"trailer"`
	Truncated *bool `json:"truncated"`
	UserMetadata map[string]string `json:"user_metadata"`
	// Integer, from 1.
	Width int64 `json:"width"`
}

// A watermarked copy was written.
type ImageWatermarkedV1 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail ImageWatermarkedV1Detail `json:"detail"`
	// Always ImageWatermarked.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.watermarker.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type ImageWatermarkedV1Detail struct {
	Data ImageWatermarkedV1Data `json:"data"`
	Meta Meta `json:"meta"`
}

// A watermarked copy was written.
type ImageWatermarkedV1Data struct {
	// String, up to 255 characters.
	Bucket string `json:"bucket"`
	// Integer, from 0.
	Bytes int64 `json:"bytes"`
	// One of: AVIF, GIF, HEIF, JPEG, PNG, WEBP.
	Format string `json:"format"`
	// Integer, from 0.
	Generation *int64 `json:"generation"`
	// Integer, from 1.
	Height int64 `json:"height"`
	// String, up to 1024 characters.
	Key string `json:"key"`
	// String, up to 255 characters.
	Recipe string `json:"recipe"`
	// Integer, from 1.
	Width int64 `json:"width"`
}

// Superseded by version 2, but in the archive. What Rekognition saw.
type LabelsDetectedV1 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail LabelsDetectedV1Detail `json:"detail"`
	// Always LabelsDetected.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.analyzer.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type LabelsDetectedV1Detail struct {
	Data LabelsDetectedV1Data `json:"data"`
	Meta Meta `json:"meta"`
}

// What Rekognition saw.
type LabelsDetectedV1Data struct {
	Labels []Label `json:"labels"`
	// String, up to 200 characters.
	ModelVersion string `json:"model_version"`
}

type Label struct {
	// Number, 0 to 100.
	Confidence float64 `json:"confidence"`
	// String, up to 200 characters.
	Name string `json:"name"`
	// Array of string, up to 200 characters.
	Parents []string `json:"parents,omitempty"`
}

// What Rekognition detected. Analyses not requested are absent; those that failed are in
// `skipped`.
//
// Version 2 added faces and moderation, each with its own model: `model_version` became
// `model_versions`.
type LabelsDetectedV2 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail LabelsDetectedV2Detail `json:"detail"`
	// Always LabelsDetected.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.analyzer.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type LabelsDetectedV2Detail struct {
	Data LabelsDetectedV2Data `json:"data"`
	Meta Meta `json:"meta"`
}

// What Rekognition detected. Analyses not requested are absent; those that failed are in
// `skipped`.
//
// Version 2 added faces and moderation, each with its own model: `model_version` became
// `model_versions`.
type LabelsDetectedV2Data struct {
	Faces *Faces `json:"faces"`
	Labels []Label `json:"labels"`
	ModelVersions map[string]string `json:"model_versions"`
	Moderation []ModerationLabel `json:"moderation"`
	Skipped map[string]string `json:"skipped"`
}

// The number of faces, and the largest ones; the raw output has all of them.
type Faces struct {
	// Integer, from 0.
	Count int64 `json:"count"`
	Largest []Face `json:"largest"`
}

// What the face looks like, never whose it is.
type Face struct {
	// Integer, from 0.
	AgeHigh *int64 `json:"age_high"`
	// Integer, from 0.
	AgeLow *int64 `json:"age_low"`
	Box Box `json:"box"`
	// Number, 0 to 100.
	Confidence float64 `json:"confidence"`
	// String, up to 200 characters.
	Emotion *string `json:"emotion"`
	Eyeglasses *bool `json:"eyeglasses"`
	EyesOpen *bool `json:"eyes_open"`
	MouthOpen *bool `json:"mouth_open"`
	Occluded *bool `json:"occluded"`
	Smile *bool `json:"smile"`
	Sunglasses *bool `json:"sunglasses"`
}

type ModerationLabel struct {
	// Number, 0 to 100.
	Confidence float64 `json:"confidence"`
	// String, up to 200 characters.
	Name string `json:"name"`
	// String, up to 200 characters.
	Parent *string `json:"parent"`
}

// No labels were requested or available; they are never made up.
type LabelsSkippedV1 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail LabelsSkippedV1Detail `json:"detail"`
	// Always LabelsSkipped.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.analyzer.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type LabelsSkippedV1Detail struct {
	Data LabelsSkippedV1Data `json:"data"`
	Meta Meta `json:"meta"`
}

// No labels were requested or available; they are never made up.
type LabelsSkippedV1Data struct {
	// String, up to 1000 characters.
	Reason string `json:"reason"`
}

// Properties, an allow-list of EXIF (never a position or a serial number), colours and
// hashes.
type MetadataExtractedV1 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail MetadataExtractedV1Detail `json:"detail"`
	// Always MetadataExtracted.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.analyzer.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type MetadataExtractedV1Detail struct {
	Data MetadataExtractedV1Data `json:"data"`
	Meta Meta `json:"meta"`
}

// Properties, an allow-list of EXIF (never a position or a serial number), colours and
// hashes.
type MetadataExtractedV1Data struct {
	// Array of string `^#[0-9a-f]{6}$`.
	DominantColors []string `json:"dominant_colors"`
	Exif map[string]interface{} `json:"exif"`
	// String, up to 200 characters.
	Phash string `json:"phash"`
	Properties map[string]interface{} `json:"properties"`
	// String, up to 200 characters.
	Thumbhash string `json:"thumbhash"`
}

// A stage gave up on an event. `failed_event` is the complete event, so that it can be
// retried.
type ProcessingFailedV1 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail ProcessingFailedV1Detail `json:"detail"`
	// Always ProcessingFailed.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.failures.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type ProcessingFailedV1Detail struct {
	Data ProcessingFailedV1Data `json:"data"`
	Meta Meta `json:"meta"`
}

// A stage gave up on an event. `failed_event` is the complete event, so that it can be
// retried.
type ProcessingFailedV1Data struct {
	// Integer, from 0.
	Attempts int64 `json:"attempts"`
	// String, up to 255 characters.
	ErrorType string `json:"error_type"`
	FailedEvent map[string]interface{} `json:"failed_event"`
	// String, up to 1000 characters.
	Message string `json:"message"`
	// String, up to 255 characters.
	Stage string `json:"stage"`
}

// Required facts are overdue: the image has waited too long for them.
type ProcessingStalledV1 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail ProcessingStalledV1Detail `json:"detail"`
	// Always ProcessingStalled.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.recorder.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type ProcessingStalledV1Detail struct {
	Data ProcessingStalledV1Data `json:"data"`
	Meta Meta `json:"meta"`
}

// Required facts are overdue: the image has waited too long for them.
type ProcessingStalledV1Data struct {
	// Array of string, up to 255 characters.
	Missing []string `json:"missing"`
	// Integer, from 0.
	WaitedS int64 `json:"waited_s"`
}

// Another set of recipes decides what readers see, for all images at once. `by` is who
// promoted it.
//
// Going back to an earlier set is a promotion as well. `number` counts the stack's
// promotions from 1.
type RecipePromotedV1 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail RecipePromotedV1Detail `json:"detail"`
	// Always RecipePromoted.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.operator.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type RecipePromotedV1Detail struct {
	Data RecipePromotedV1Data `json:"data"`
	Meta StackMeta `json:"meta"`
}

// Another set of recipes decides what readers see, for all images at once. `by` is who
// promoted it.
//
// Going back to an earlier set is a promotion as well. `number` counts the stack's
// promotions from 1.
type RecipePromotedV1Data struct {
	// String, up to 255 characters.
	By string `json:"by"`
	// String, up to 255 characters.
	FromSet *string `json:"from_set"`
	// String, up to 1000 characters.
	Note *string `json:"note"`
	// Integer, from 1.
	Number int64 `json:"number"`
	// String, up to 255 characters.
	ToSet *string `json:"to_set"`
}

// Of an event about the stack as a whole.
type StackMeta struct {
	// The same for the same fact, however often it is delivered: use it to handle a fact once.
	EventID string `json:"event_id"`
	// RFC 3339, in UTC, with milliseconds.
	OccurredAt string `json:"occurred_at"`
	// The service that published the event.
	Producer string `json:"producer"`
	// The version of `data`.
	SchemaVersion int64 `json:"schema_version"`
}

// Every variant of the recipe was written. `still` is true if they show the first frame of
// an animation.
//
// `recipe` is the engine's number and the recipe's id: `2026-11.5/0c9f…`. Of two facts by
// one recipe the one of the greater generation counts.
type ThumbnailsCreatedV1 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail ThumbnailsCreatedV1Detail `json:"detail"`
	// Always ThumbnailsCreated.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.thumbnailer.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type ThumbnailsCreatedV1Detail struct {
	Data ThumbnailsCreatedV1Data `json:"data"`
	Meta Meta `json:"meta"`
}

// Every variant of the recipe was written. `still` is true if they show the first frame of
// an animation.
//
// `recipe` is the engine's number and the recipe's id: `2026-11.5/0c9f…`. Of two facts by
// one recipe the one of the greater generation counts.
type ThumbnailsCreatedV1Data struct {
	// Integer, from 0.
	Generation *int64 `json:"generation"`
	Items []Thumbnail `json:"items"`
	// String, up to 255 characters.
	Recipe string `json:"recipe"`
	Still *bool `json:"still"`
}

// The objects that these facts alone named are removed. `retired` are the facts' ids.
type VariantsPrunedV1 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail VariantsPrunedV1Detail `json:"detail"`
	// Always VariantsPruned.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.operator.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type VariantsPrunedV1Detail struct {
	Data VariantsPrunedV1Data `json:"data"`
	Meta Meta `json:"meta"`
}

// The objects that these facts alone named are removed. `retired` are the facts' ids.
type VariantsPrunedV1Data struct {
	// Integer, from 0.
	Bytes int64 `json:"bytes"`
	// Integer, from 0.
	Objects int64 `json:"objects"`
	// Array of string `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`.
	Retired []string `json:"retired"`
}

// The recipe asks for no watermarked copy.
type WatermarkSkippedV1 struct {
	// The AWS account of the pipeline.
	Account string `json:"account"`
	Detail WatermarkSkippedV1Detail `json:"detail"`
	// Always WatermarkSkipped.
	DetailType string `json:"detail-type"`
	// Of this envelope. It differs when the same fact is published again: see
	// detail.meta.event_id.
	ID string `json:"id"`
	// The AWS region of the pipeline.
	Region string `json:"region"`
	// Only in replayed events.
	ReplayName *string `json:"replay-name,omitempty"`
	// ARNs of what the event is about.
	Resources []string `json:"resources"`
	// Always imagebus.watermarker.
	Source string `json:"source"`
	// When the event was published, to the second. When it happened is detail.meta.occurred_at.
	Time string `json:"time"`
	// Of the envelope, not of the event: always 0.
	Version string `json:"version"`
}

type WatermarkSkippedV1Detail struct {
	Data WatermarkSkippedV1Data `json:"data"`
	Meta Meta `json:"meta"`
}

// The recipe asks for no watermarked copy.
type WatermarkSkippedV1Data struct {
	// String, up to 1000 characters.
	Reason string `json:"reason"`
	// String, up to 255 characters.
	Recipe string `json:"recipe"`
}

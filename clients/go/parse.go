// Generated from schemas/ by `make generate`; do not edit.

package events

import (
	"encoding/json"
	"fmt"
)

// Event is any event of the pipeline. Find out which with a type switch: a *ImageValidatedV2, say.
type Event interface {
	imagebusEvent()
}

func (*ImageUploadedV1) imagebusEvent() {}
func (*ImageDeletedV1) imagebusEvent() {}
func (*ImageValidatedV1) imagebusEvent() {}
func (*ImageValidatedV2) imagebusEvent() {}
func (*ImageRejectedV1) imagebusEvent() {}
func (*ThumbnailsCreatedV1) imagebusEvent() {}
func (*ImageWatermarkedV1) imagebusEvent() {}
func (*WatermarkSkippedV1) imagebusEvent() {}
func (*MetadataExtractedV1) imagebusEvent() {}
func (*LabelsDetectedV1) imagebusEvent() {}
func (*LabelsDetectedV2) imagebusEvent() {}
func (*LabelsSkippedV1) imagebusEvent() {}
func (*ProcessingFailedV1) imagebusEvent() {}
func (*ProcessingStalledV1) imagebusEvent() {}
func (*ImageProcessedV1) imagebusEvent() {}
func (*DerivationRequestedV1) imagebusEvent() {}
func (*VariantsPrunedV1) imagebusEvent() {}
func (*RecipePromotedV1) imagebusEvent() {}

// Parse reads an envelope as EventBridge delivers it, as in the body of an SQS message. Fields that these
// types do not have are ignored. An event or a version that is newer than these types is an error: return it,
// so that the message is retried, and finally becomes a dead letter.
func Parse(data []byte) (Event, error) {
	var head struct {
		Name   string `json:"detail-type"`
		Detail struct {
			Meta struct {
				Version int `json:"schema_version"`
			} `json:"meta"`
		} `json:"detail"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, err
	}
	var event Event
	switch name := fmt.Sprintf("%sV%d", head.Name, head.Detail.Meta.Version); name {
	case "ImageUploadedV1":
		event = new(ImageUploadedV1)
	case "ImageDeletedV1":
		event = new(ImageDeletedV1)
	case "ImageValidatedV1":
		event = new(ImageValidatedV1)
	case "ImageValidatedV2":
		event = new(ImageValidatedV2)
	case "ImageRejectedV1":
		event = new(ImageRejectedV1)
	case "ThumbnailsCreatedV1":
		event = new(ThumbnailsCreatedV1)
	case "ImageWatermarkedV1":
		event = new(ImageWatermarkedV1)
	case "WatermarkSkippedV1":
		event = new(WatermarkSkippedV1)
	case "MetadataExtractedV1":
		event = new(MetadataExtractedV1)
	case "LabelsDetectedV1":
		event = new(LabelsDetectedV1)
	case "LabelsDetectedV2":
		event = new(LabelsDetectedV2)
	case "LabelsSkippedV1":
		event = new(LabelsSkippedV1)
	case "ProcessingFailedV1":
		event = new(ProcessingFailedV1)
	case "ProcessingStalledV1":
		event = new(ProcessingStalledV1)
	case "ImageProcessedV1":
		event = new(ImageProcessedV1)
	case "DerivationRequestedV1":
		event = new(DerivationRequestedV1)
	case "VariantsPrunedV1":
		event = new(VariantsPrunedV1)
	case "RecipePromotedV1":
		event = new(RecipePromotedV1)
	default:
		return nil, fmt.Errorf("no event or version is known as %s", name)
	}
	return event, json.Unmarshal(data, event)
}

// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;
import java.util.List;

/**
 * What Rekognition saw.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class LabelsDetectedV1Data {
    private List<Label> labels;
    private String modelVersion;

    @JsonProperty("labels")
    public List<Label> getLabels() { return labels; }
    @JsonProperty("labels")
    public void setLabels(List<Label> value) { this.labels = value; }

    /**
     * String, up to 200 characters.
     */
    @JsonProperty("model_version")
    public String getModelVersion() { return modelVersion; }
    @JsonProperty("model_version")
    public void setModelVersion(String value) { this.modelVersion = value; }
}

// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;
import java.util.List;
import java.util.Map;

/**
 * What Rekognition detected. Analyses not requested are absent; those that failed are in
 * `skipped`.
 *
 * Version 2 added faces and moderation, each with its own model: `model_version` became
 * `model_versions`.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class LabelsDetectedV2Data {
    private Faces faces;
    private List<Label> labels;
    private Map<String, String> modelVersions;
    private List<ModerationLabel> moderation;
    private Map<String, String> skipped;

    @JsonProperty("faces")
    public Faces getFaces() { return faces; }
    @JsonProperty("faces")
    public void setFaces(Faces value) { this.faces = value; }

    @JsonProperty("labels")
    public List<Label> getLabels() { return labels; }
    @JsonProperty("labels")
    public void setLabels(List<Label> value) { this.labels = value; }

    @JsonProperty("model_versions")
    public Map<String, String> getModelVersions() { return modelVersions; }
    @JsonProperty("model_versions")
    public void setModelVersions(Map<String, String> value) { this.modelVersions = value; }

    @JsonProperty("moderation")
    public List<ModerationLabel> getModeration() { return moderation; }
    @JsonProperty("moderation")
    public void setModeration(List<ModerationLabel> value) { this.moderation = value; }

    @JsonProperty("skipped")
    public Map<String, String> getSkipped() { return skipped; }
    @JsonProperty("skipped")
    public void setSkipped(Map<String, String> value) { this.skipped = value; }
}

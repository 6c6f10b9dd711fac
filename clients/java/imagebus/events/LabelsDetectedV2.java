// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;
import java.util.List;

/**
 * What Rekognition detected. Analyses not requested are absent; those that failed are in
 * `skipped`.
 *
 * Version 2 added faces and moderation, each with its own model: `model_version` became
 * `model_versions`.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class LabelsDetectedV2 implements ImagebusEvent {
    private String account;
    private LabelsDetectedV2Detail detail;
    private String detailType;
    private String id;
    private String region;
    private String replayName;
    private List<String> resources;
    private String source;
    private String time;
    private String version;

    /**
     * The AWS account of the pipeline.
     */
    @JsonProperty("account")
    public String getAccount() { return account; }
    @JsonProperty("account")
    public void setAccount(String value) { this.account = value; }

    @JsonProperty("detail")
    public LabelsDetectedV2Detail getDetail() { return detail; }
    @JsonProperty("detail")
    public void setDetail(LabelsDetectedV2Detail value) { this.detail = value; }

    /**
     * Always LabelsDetected.
     */
    @JsonProperty("detail-type")
    public String getDetailType() { return detailType; }
    @JsonProperty("detail-type")
    public void setDetailType(String value) { this.detailType = value; }

    /**
     * Of this envelope. It differs when the same fact is published again: see
     * detail.meta.event_id.
     */
    @JsonProperty("id")
    public String getID() { return id; }
    @JsonProperty("id")
    public void setID(String value) { this.id = value; }

    /**
     * The AWS region of the pipeline.
     */
    @JsonProperty("region")
    public String getRegion() { return region; }
    @JsonProperty("region")
    public void setRegion(String value) { this.region = value; }

    /**
     * Only in replayed events.
     */
    @JsonProperty("replay-name")
    public String getReplayName() { return replayName; }
    @JsonProperty("replay-name")
    public void setReplayName(String value) { this.replayName = value; }

    /**
     * ARNs of what the event is about.
     */
    @JsonProperty("resources")
    public List<String> getResources() { return resources; }
    @JsonProperty("resources")
    public void setResources(List<String> value) { this.resources = value; }

    /**
     * Always imagebus.analyzer.
     */
    @JsonProperty("source")
    public String getSource() { return source; }
    @JsonProperty("source")
    public void setSource(String value) { this.source = value; }

    /**
     * When the event was published, to the second. When it happened is detail.meta.occurred_at.
     */
    @JsonProperty("time")
    public String getTime() { return time; }
    @JsonProperty("time")
    public void setTime(String value) { this.time = value; }

    /**
     * Of the envelope, not of the event: always 0.
     */
    @JsonProperty("version")
    public String getVersion() { return version; }
    @JsonProperty("version")
    public void setVersion(String value) { this.version = value; }
}

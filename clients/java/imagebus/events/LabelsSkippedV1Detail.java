// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

@JsonIgnoreProperties(ignoreUnknown = true)
public class LabelsSkippedV1Detail {
    private LabelsSkippedV1Data data;
    private Meta meta;

    @JsonProperty("data")
    public LabelsSkippedV1Data getData() { return data; }
    @JsonProperty("data")
    public void setData(LabelsSkippedV1Data value) { this.data = value; }

    @JsonProperty("meta")
    public Meta getMeta() { return meta; }
    @JsonProperty("meta")
    public void setMeta(Meta value) { this.meta = value; }
}

// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

@JsonIgnoreProperties(ignoreUnknown = true)
public class RecipePromotedV1Detail {
    private RecipePromotedV1Data data;
    private StackMeta meta;

    @JsonProperty("data")
    public RecipePromotedV1Data getData() { return data; }
    @JsonProperty("data")
    public void setData(RecipePromotedV1Data value) { this.data = value; }

    @JsonProperty("meta")
    public StackMeta getMeta() { return meta; }
    @JsonProperty("meta")
    public void setMeta(StackMeta value) { this.meta = value; }
}

// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

/**
 * The recipe asks for no watermarked copy.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class WatermarkSkippedV1Data {
    private String reason;
    private String recipe;

    /**
     * String, up to 1000 characters.
     */
    @JsonProperty("reason")
    public String getReason() { return reason; }
    @JsonProperty("reason")
    public void setReason(String value) { this.reason = value; }

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("recipe")
    public String getRecipe() { return recipe; }
    @JsonProperty("recipe")
    public void setRecipe(String value) { this.recipe = value; }
}

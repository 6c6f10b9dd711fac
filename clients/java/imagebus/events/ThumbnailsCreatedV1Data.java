// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;
import java.util.List;

/**
 * Every variant of the recipe was written. `still` is true if they show the first frame of
 * an animation.
 *
 * `recipe` is the engine's number and the recipe's id: `2026-11.5/0c9f…`. Of two facts by
 * one recipe the one of the greater generation counts.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class ThumbnailsCreatedV1Data {
    private Long generation;
    private List<Thumbnail> items;
    private String recipe;
    private Boolean still;

    /**
     * Integer, from 0.
     */
    @JsonProperty("generation")
    public Long getGeneration() { return generation; }
    @JsonProperty("generation")
    public void setGeneration(Long value) { this.generation = value; }

    @JsonProperty("items")
    public List<Thumbnail> getItems() { return items; }
    @JsonProperty("items")
    public void setItems(List<Thumbnail> value) { this.items = value; }

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("recipe")
    public String getRecipe() { return recipe; }
    @JsonProperty("recipe")
    public void setRecipe(String value) { this.recipe = value; }

    @JsonProperty("still")
    public Boolean getStill() { return still; }
    @JsonProperty("still")
    public void setStill(Boolean value) { this.still = value; }
}

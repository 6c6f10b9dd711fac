// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

/**
 * Fractions of the image as displayed. A face at the edge may extend beyond it: below 0 or
 * above 1.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class Box {
    private double height;
    private double left;
    private double top;
    private double width;

    @JsonProperty("height")
    public double getHeight() { return height; }
    @JsonProperty("height")
    public void setHeight(double value) { this.height = value; }

    @JsonProperty("left")
    public double getLeft() { return left; }
    @JsonProperty("left")
    public void setLeft(double value) { this.left = value; }

    @JsonProperty("top")
    public double getTop() { return top; }
    @JsonProperty("top")
    public void setTop(double value) { this.top = value; }

    @JsonProperty("width")
    public double getWidth() { return width; }
    @JsonProperty("width")
    public void setWidth(double value) { this.width = value; }
}

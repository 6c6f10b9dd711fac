// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

/**
 * What follows an image in its file: the kinds of its parts joined by "+", and all of its
 * bytes.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class Trailer {
    private long bytes;
    private String kind;

    /**
     * Integer, from 0.
     */
    @JsonProperty("bytes")
    public long getBytes() { return bytes; }
    @JsonProperty("bytes")
    public void setBytes(long value) { this.bytes = value; }

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("kind")
    public String getKind() { return kind; }
    @JsonProperty("kind")
    public void setKind(String value) { this.kind = value; }
}

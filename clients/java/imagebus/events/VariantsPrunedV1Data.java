// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;
import java.util.List;

/**
 * The objects that these facts alone named are removed. `retired` are the facts' ids.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class VariantsPrunedV1Data {
    private long bytes;
    private long objects;
    private List<String> retired;

    /**
     * Integer, from 0.
     */
    @JsonProperty("bytes")
    public long getBytes() { return bytes; }
    @JsonProperty("bytes")
    public void setBytes(long value) { this.bytes = value; }

    /**
     * Integer, from 0.
     */
    @JsonProperty("objects")
    public long getObjects() { return objects; }
    @JsonProperty("objects")
    public void setObjects(long value) { this.objects = value; }

    /**
     * Array of string `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`.
     */
    @JsonProperty("retired")
    public List<String> getRetired() { return retired; }
    @JsonProperty("retired")
    public void setRetired(List<String> value) { this.retired = value; }
}

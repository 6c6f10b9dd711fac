// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

/**
 * The bytes are not an image that the pipeline accepts. Final.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class ImageRejectedV1Data {
    private Long actual;
    private String code;
    private String detail;
    private Long limit;

    /**
     * Integer, from 0.
     */
    @JsonProperty("actual")
    public Long getActual() { return actual; }
    @JsonProperty("actual")
    public void setActual(Long value) { this.actual = value; }

    /**
     * One of: corrupt, empty, gone, too_costly, too_many_bytes, too_many_frames,
     * too_many_pixels, trailing_data, unsupported_format.
     */
    @JsonProperty("code")
    public String getCode() { return code; }
    @JsonProperty("code")
    public void setCode(String value) { this.code = value; }

    /**
     * String, up to 1000 characters.
     */
    @JsonProperty("detail")
    public String getDetail() { return detail; }
    @JsonProperty("detail")
    public void setDetail(String value) { this.detail = value; }

    /**
     * Integer, from 0.
     */
    @JsonProperty("limit")
    public Long getLimit() { return limit; }
    @JsonProperty("limit")
    public void setLimit(Long value) { this.limit = value; }
}

// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;

/** Reads events. Fields that these classes do not have are ignored. */
public final class Events {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Map<String, Class<? extends ImagebusEvent>> TYPES = Map.ofEntries(
        Map.entry("ImageUploadedV1", ImageUploadedV1.class),
        Map.entry("ImageDeletedV1", ImageDeletedV1.class),
        Map.entry("ImageValidatedV1", ImageValidatedV1.class),
        Map.entry("ImageValidatedV2", ImageValidatedV2.class),
        Map.entry("ImageRejectedV1", ImageRejectedV1.class),
        Map.entry("ThumbnailsCreatedV1", ThumbnailsCreatedV1.class),
        Map.entry("ImageWatermarkedV1", ImageWatermarkedV1.class),
        Map.entry("WatermarkSkippedV1", WatermarkSkippedV1.class),
        Map.entry("MetadataExtractedV1", MetadataExtractedV1.class),
        Map.entry("LabelsDetectedV1", LabelsDetectedV1.class),
        Map.entry("LabelsDetectedV2", LabelsDetectedV2.class),
        Map.entry("LabelsSkippedV1", LabelsSkippedV1.class),
        Map.entry("ProcessingFailedV1", ProcessingFailedV1.class),
        Map.entry("ProcessingStalledV1", ProcessingStalledV1.class),
        Map.entry("ImageProcessedV1", ImageProcessedV1.class),
        Map.entry("DerivationRequestedV1", DerivationRequestedV1.class),
        Map.entry("VariantsPrunedV1", VariantsPrunedV1.class),
        Map.entry("RecipePromotedV1", RecipePromotedV1.class)
    );

    private Events() {}

    /**
     * The event in an envelope as EventBridge delivers it, as in the body of an SQS message.
     *
     * Throws IOException for what is not JSON or not of its type, and IllegalArgumentException for an event
     * or a version that is newer than these classes. Do not catch them: the message is retried, and finally
     * becomes a dead letter.
     */
    public static ImagebusEvent parse(String json) throws IOException {
        JsonNode envelope = MAPPER.readTree(json);
        String name = envelope.path("detail-type").asText() + "V"
            + envelope.path("detail").path("meta").path("schema_version").asText();
        Class<? extends ImagebusEvent> type = TYPES.get(name);
        if (type == null) {
            throw new IllegalArgumentException("no event or version is known as " + name);
        }
        return MAPPER.treeToValue(envelope, type);
    }
}

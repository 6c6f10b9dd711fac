import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import imagebus.events.Events;
import imagebus.events.ImageProcessedV1;
import imagebus.events.ImageRejectedV1;
import imagebus.events.ImagebusEvent;
import imagebus.events.Label;
import imagebus.events.LabelsDetectedV1;
import imagebus.events.LabelsDetectedV2;
import java.util.ArrayList;
import java.util.List;

/** A consumer as somebody would write it; reads a list of texts, and prints what each one was read as. */
public final class Consumer {
    static String summary(ImagebusEvent event) {
        if (event instanceof ImageProcessedV1 done) {
            Long width = done.getDetail().getData().getWidth();
            return done.getDetail().getMeta().getImageKey() + " " + width;
        }
        if (event instanceof ImageRejectedV1 rejected) {
            return rejected.getDetail().getData().getCode();
        }
        if (event instanceof LabelsDetectedV2 detected) {
            List<Label> labels = detected.getDetail().getData().getLabels();
            return labels.size() + " by " + detected.getDetail().getData().getModelVersions().get("labels");
        }
        if (event instanceof LabelsDetectedV1 detected) {
            List<Label> labels = detected.getDetail().getData().getLabels();
            return labels.size() + " by " + detected.getDetail().getData().getModelVersion();
        }
        return event.getDetailType() + (event.getReplayName() == null ? "" : ", replayed");
    }

    public static void main(String[] arguments) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        mapper.setSerializationInclusion(JsonInclude.Include.NON_NULL);
        List<Object> found = new ArrayList<>();
        for (JsonNode text : mapper.readTree(System.in)) {
            try {
                ImagebusEvent event = Events.parse(text.asText());
                summary(event);
                found.add(event);
            } catch (IllegalArgumentException | java.io.IOException error) {
                found.add(error.getClass().getSimpleName() + ": " + error.getMessage().split("\n")[0]);
            }
        }
        mapper.writeValue(System.out, found);
    }
}

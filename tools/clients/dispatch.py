"""What finds an event's type in Java and Go, by its name and version. quicktype writes the types alone."""

from __future__ import annotations

import re

from tools.clients.combined import type_name, versions

JAVA_EVENT = """\
package imagebus.events;

/** Any event of the pipeline. Find out which with instanceof: an ImageValidatedV2, say. */
public interface ImagebusEvent {
    String getDetailType();
    String getSource();
    String getID();
    String getTime();
    /** Only in replayed events, else null. */
    String getReplayName();
}
"""
JAVA_EVENTS = """\
package imagebus.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;

/** Reads events. Fields that these classes do not have are ignored. */
public final class Events {{
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Map<String, Class<? extends ImagebusEvent>> TYPES = Map.ofEntries(
{entries}
    );

    private Events() {{}}

    /**
     * The event in an envelope as EventBridge delivers it, as in the body of an SQS message.
     *
     * Throws IOException for what is not JSON or not of its type, and IllegalArgumentException for an event
     * or a version that is newer than these classes. Do not catch them: the message is retried, and finally
     * becomes a dead letter.
     */
    public static ImagebusEvent parse(String json) throws IOException {{
        JsonNode envelope = MAPPER.readTree(json);
        String name = envelope.path("detail-type").asText() + "V"
            + envelope.path("detail").path("meta").path("schema_version").asText();
        Class<? extends ImagebusEvent> type = TYPES.get(name);
        if (type == null) {{
            throw new IllegalArgumentException("no event or version is known as " + name);
        }}
        return MAPPER.treeToValue(envelope, type);
    }}
}}
"""
GO = """\
package events

import (
\t"encoding/json"
\t"fmt"
)

// Event is any event of the pipeline. Find out which with a type switch: a *ImageValidatedV2, say.
type Event interface {{
\timagebusEvent()
}}

{methods}

// Parse reads an envelope as EventBridge delivers it, as in the body of an SQS message. Fields that these
// types do not have are ignored. An event or a version that is newer than these types is an error: return it,
// so that the message is retried, and finally becomes a dead letter.
func Parse(data []byte) (Event, error) {{
\tvar head struct {{
\t\tName   string `json:"detail-type"`
\t\tDetail struct {{
\t\t\tMeta struct {{
\t\t\t\tVersion int `json:"schema_version"`
\t\t\t}} `json:"meta"`
\t\t}} `json:"detail"`
\t}}
\tif err := json.Unmarshal(data, &head); err != nil {{
\t\treturn nil, err
\t}}
\tvar event Event
\tswitch name := fmt.Sprintf("%sV%d", head.Name, head.Detail.Meta.Version); name {{
{cases}
\tdefault:
\t\treturn nil, fmt.Errorf("no event or version is known as %s", name)
\t}}
\treturn event, json.Unmarshal(data, event)
}}
"""


def java(types: dict[str, str]) -> dict[str, str]:
    """File name -> text: the types, each of which ignores unknown fields, and what reads any event."""
    names = [type_name(model, version) for model, version in versions()]
    made = {name: _java_type(name.removesuffix(".java"), text, names) for name, text in types.items()}
    entries = ",\n".join(f'        Map.entry("{name}", {name}.class)' for name in names)
    made["ImagebusEvent.java"] = JAVA_EVENT
    made["Events.java"] = JAVA_EVENTS.format(entries=entries)
    return made


def _java_type(name: str, text: str, events: list[str]) -> str:
    implements = " implements ImagebusEvent" if name in events else ""
    declared = f"@JsonIgnoreProperties(ignoreUnknown = true)\npublic class {name}{implements} {{"
    text, found = re.subn(rf"public class {name} \{{", declared, text)
    if found != 1:
        raise ValueError(f"quicktype writes Java in another way now: no class {name}")
    return text


def go(types: str) -> dict[str, str]:
    """File name -> text. quicktype aligns columns with spaces, so a longer field would touch every line."""
    compact = re.sub(r"(?m)^(\t\w+) +(\S+) +(`json.*)$", r"\1 \2 \3", types)
    return {"events.go": re.sub(r"(?m)[ \t]+$", "", compact), "parse.go": _go_parse()}


def _go_parse() -> str:
    names = [type_name(model, version) for model, version in versions()]
    methods = "\n".join(f"func (*{name}) imagebusEvent() {{}}" for name in names)
    cases = "\n".join(f'\tcase "{name}":\n\t\tevent = new({name})' for name in names)
    return GO.format(methods=methods, cases=cases)

// node roundtrip.js < [texts]: each as parseEvent understood it, or why it did not.
import { json } from "node:stream/consumers";
import { isImagebusEvent, NotAnEvent, parseEvent } from "./events.js";

const texts = (await json(process.stdin)) as string[];
const found = texts.map((text) => {
  try {
    const event = parseEvent(text);
    return { event, guarded: isImagebusEvent(event) };
  } catch (error) {
    if (!(error instanceof NotAnEvent)) throw error;
    return { reason: error.reason, path: error.path, message: error.message };
  }
});
process.stdout.write(JSON.stringify(found));

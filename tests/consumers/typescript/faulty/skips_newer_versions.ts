/** newer-version: drops an event that the next release will want to read. */

import type { SQSEvent } from "aws-lambda";
import { NotAnEvent, parseEvent } from "./events";
import { consumer } from "./inbox";
import { handlers } from "./right";

const inbox = consumer(handlers);

export async function handle(batch: SQSEvent) {
  return inbox({ Records: batch.Records.filter(({ body }) => !isNewer(body)) });
}

function isNewer(body: string): boolean {
  try {
    parseEvent(body);
    return false;
  } catch (error) {
    return error instanceof NotAnEvent && error.reason === "newer_version";
  }
}

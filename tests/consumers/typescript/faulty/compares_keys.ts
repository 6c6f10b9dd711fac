/** unknown-field: takes an event with more fields than it knows for none. */

import type { SQSEvent } from "aws-lambda";
import { consumer } from "./inbox";
import { handlers } from "./right";

const KNOWN = ["meta", "data"];
const inbox = consumer(handlers);

export async function handle(batch: SQSEvent) {
  const Records = batch.Records.map((record) => ({ ...record, body: strict(record.body) }));
  return inbox({ Records });
}

function strict(body: string): string {
  try {
    const { detail = {} } = JSON.parse(body) as { detail?: object };
    return Object.keys(detail).every((name) => KNOWN.includes(name)) ? body : "{}";
  } catch {
    return body;
  }
}

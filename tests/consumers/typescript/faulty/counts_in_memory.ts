/** memory: counts in a variable, and writes the number down. */

import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { consumer } from "./inbox";
import { dynamodb, type Listed, list } from "./right";

const seen = new Set<string>();

async function listed(event: Listed): Promise<void> {
  await list(event);
  seen.add(event.detail.meta.event_id);
  const item = { id: { S: "events" }, events: { N: String(seen.size) } };
  await dynamodb.send(new PutItemCommand({ TableName: process.env["SEEN_TABLE"], Item: item }));
}

export const handle = consumer({ ImageRejected: listed, LabelsDetected: listed, ImageProcessed: listed });

/** not-idempotent: writes another row each time. */

import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { randomUUID } from "node:crypto";
import { consumer } from "./inbox";
import { dynamodb, type Listed, list } from "./right";

async function listed(event: Listed): Promise<void> {
  await list(event);
  const row = { id: { S: randomUUID() }, what: { S: event["detail-type"] } };
  await dynamodb.send(new PutItemCommand({ TableName: process.env["SEEN_TABLE"], Item: row }));
}

export const handle = consumer({ ImageRejected: listed, LabelsDetected: listed, ImageProcessed: listed });

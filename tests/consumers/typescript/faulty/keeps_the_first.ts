/** order-dependent: what arrives first stays. */

import { ConditionalCheckFailedException, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { isReplayed } from "./events";
import { consumer } from "./inbox";
import { announce, dynamodb, known, type Listed } from "./right";

async function listed(event: Listed): Promise<void> {
  const [about, told] = known(event);
  const Item = { image_key: { S: event.detail.meta.image_key }, about: { S: about }, ...told };
  const ConditionExpression = "attribute_not_exists(about)";
  try {
    await dynamodb.send(new PutItemCommand({ TableName: process.env["IMAGES_TABLE"], Item, ConditionExpression }));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
  if (!isReplayed(event)) await announce(event);
}

export const handle = consumer({ ImageRejected: listed, LabelsDetected: listed, ImageProcessed: listed });

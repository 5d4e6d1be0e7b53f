import { createHash } from 'node:crypto';
import * as scripts from 'bullmq/dist/esm/scripts';

/** SHA-1 of scripts of BullMQ, by name, as they are called on the wire. */
export const sha1Of = (names: readonly string[]): readonly string[] => {
  const found = Object.values(scripts).filter(({ name }) => names.includes(name));
  if (found.length !== names.length)
    throw new Error(`expected BullMQ to have the scripts ${names.join(', ')}`);
  return found.map(({ content }) => createHash('sha1').update(content).digest('hex'));
};

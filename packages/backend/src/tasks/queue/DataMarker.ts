import { type RedisClient } from '@backend/redis/createRedisClient';

/** A value that Redis keeps for as long as it keeps its data. */
export interface DataMarker {
  /** Whether Redis has lost its data since the last call; never at the first. Rejects when Redis does not answer. */
  hasLostData(): Promise<boolean>;
}

interface DataMarkerOptions {
  readonly client: RedisClient;
  readonly prefix: string;
  /** Makes the value that is written where none is. */
  createValue(): string;
}

/** Creates a marker. All workers of a prefix share one key; its braces keep it in one slot of a cluster. */
export const createDataMarker = ({ client, prefix, createValue }: DataMarkerOptions): DataMarker => {
  const key = `${prefix}:{tasks}:data`;
  let known: string | undefined;
  /** Another worker may write at the same time: the first one's value counts for both. */
  const write = async (): Promise<string | null> => {
    await client.set(key, createValue(), 'NX');
    return client.get(key);
  };
  return {
    hasLostData: async () => {
      const found = (await client.get(key)) ?? (await write()) ?? undefined;
      const hasLost = known !== undefined && known !== found;
      known = found;
      return hasLost;
    },
  };
};

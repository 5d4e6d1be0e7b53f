import { type Result } from 'neverthrow';
import { type RedisServer } from './RedisServer';

/** What the sources may look at and use. */
export interface RedisSearch {
  /** Folders to look for programs in, separated like PATH. */
  readonly searchPath: string;
  /** Git-ignored folder that an unpacked server lives in. */
  readonly unpackFolder: string;
  /** Numeric user id of this process; 0 is root. */
  readonly userId: number;
  /** Told before anything that takes long. */
  readonly announce: (line: string) => void;
}

/** One place a Redis server may come from. The error says, as half a sentence, why it has none. */
export interface RedisSource {
  readonly name: string;
  readonly find: (search: RedisSearch) => Promise<Result<RedisServer, string>>;
}

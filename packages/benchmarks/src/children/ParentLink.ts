import { type ChildMessage, type ChildSettings } from './ChildWorker';

/** The other end of a `ChildWorker`: what its process is to do, and how it answers. */
export interface ParentLink {
  readonly settings: ChildSettings;
  tell(message: ChildMessage): void;
}

/** Opens the link. The process ends with its parent, and answers when asked for its memory. */
export const openParentLink = (): ParentLink => {
  const tell = (message: ChildMessage): void => {
    process.send?.(message);
  };
  process.on('disconnect', () => process.exit(0));
  process.on('message', () => {
    Bun.gc(true);
    tell({ kind: 'memory', bytes: process.memoryUsage.rss() });
  });
  return { settings: JSON.parse(process.argv[2] ?? '{}') as ChildSettings, tell }; // written by startChildWorker
};

/** The name of one of many tasks; the first is the one that benchmarks fill. */
export const toTaskName = (index: number): string =>
  index === 0 ? 'benchmark:run' : `benchmark:run-${index}`;

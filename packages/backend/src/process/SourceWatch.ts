import { watch } from 'node:fs';

interface SourceWatchOptions {
  /** Folders, watched with everything below them. */
  readonly folders: readonly string[];
  /** Called once for a burst of changes. */
  onChange(path: string): void;
  /** Milliseconds without a change that end a burst. Default: 200. */
  readonly quietMs?: number;
}

/** Files whose change makes a running process stale. */
const isSource = (path: string): boolean =>
  /\.(ts|json|env)$/.test(path) && !/\.test\.ts$|(^|\/)scratch/.test(path);

/** Watches source files. */
export const watchSources = ({ folders, onChange, quietMs = 200 }: SourceWatchOptions): { close(): void } => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watchers = folders.map((folder) =>
    watch(folder, { recursive: true }, (_event, path) => {
      if (path === null || !isSource(path)) return;
      clearTimeout(timer);
      timer = setTimeout(() => onChange(path), quietMs);
    }),
  );
  return {
    close: () => {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
};

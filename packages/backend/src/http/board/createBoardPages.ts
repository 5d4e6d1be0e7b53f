import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { createBullBoard } from '@bull-board/api';
import { HonoAdapter } from '@bull-board/hono';
import { Hono } from 'hono';
import { serveStatic } from 'hono/bun';
import { createTaskAdapter, type TaskAdapterOptions } from './createTaskAdapter';

/** Where the board is. */
export const BOARD_PATH = '/board';

/** Where the package with the board's pages lies, whatever the working directory is. */
const uiFolder = (): string => dirname(fileURLToPath(import.meta.resolve('@bull-board/ui/package.json')));

/** Bull Board names its files relative to the working directory of the moment; ours do not move. */
const createFileServer =
  (folder: string): typeof serveStatic =>
  (options) =>
    serveStatic({ ...options, root: folder });

interface BoardPagesOptions extends TaskAdapterOptions {
  readonly tasks: readonly TaskDefinition<unknown>[];
}

/** Creates Bull Board over the tasks' queues: pages, assets and API, all below `BOARD_PATH`. Redis must be reachable. */
export const createBoardPages = ({ tasks, ...options }: BoardPagesOptions): Hono => {
  const uiBasePath = uiFolder();
  const server = new HonoAdapter(createFileServer(join(uiBasePath, 'dist/static'))).setBasePath(BOARD_PATH);
  createBullBoard({
    queues: tasks.map((task) => createTaskAdapter(task, options)),
    serverAdapter: server,
    options: {
      uiBasePath,
      uiConfig: {
        boardTitle: 'Drover',
        hideDocsLink: true,
        sortQueues: true,
        overview: { groupByDelimiter: true },
      },
    },
  });
  return new Hono().route(BOARD_PATH, server.registerPlugin());
};

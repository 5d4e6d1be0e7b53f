import { describe, expect, it } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findViolations } from './architecture/ImportRule';
import { importRules } from './architecture/importRules';
import { listImports } from './architecture/SourceImport';

const packagesFolder = join(import.meta.dir, '../..');

/** "core/domain/CorrelationId.ts" for packages/core/src/domain/CorrelationId.ts, and so on. */
const listSourceFiles = async (): Promise<readonly string[]> => {
  const paths = await Array.fromAsync(new Bun.Glob('*/src/**/*.ts').scan({ cwd: packagesFolder }));
  return paths.map((path) => path.replace('/src/', '/')).sort();
};

const toPath = (file: string): string => join(packagesFolder, file.replace('/', '/src/'));

/** Runs a script in a process of its own. */
const run = async (script: string) => {
  const child = Bun.spawn([process.execPath, '--no-install', '-e', script], {
    cwd: import.meta.dir,
    env: { PATH: process.env['PATH'] },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: 5000,
  });
  const printed = `${await new Response(child.stdout).text()}${await new Response(child.stderr).text()}`;
  await child.exited;
  return { printed, exitCode: child.exitCode };
};

const check = (file: string, source: string): readonly string[] =>
  findViolations(importRules, file, listImports(file, source));

describe('the import arrows', () => {
  it('hold in every source file', async () => {
    const files = await listSourceFiles();
    const violations = await Promise.all(
      files.map(async (file) => check(file, await readFile(toPath(file), 'utf8'))),
    );
    expect({ violations: violations.flat(), hasFiles: files.length > 0 }).toEqual({
      violations: [],
      hasFiles: true,
    });
  });
});

describe('importing core and tasks', () => {
  it('has no effect: nothing is printed, no signal handler stays, and the process ends by itself', async () => {
    const files = (await listSourceFiles()).filter(
      (file) => /^(core|backend\/tasks)\//.test(file) && !/\.test\.ts$|\/__\w+__\//.test(file),
    );
    const script = `
      import 'reflect-metadata';
      for (const path of ${JSON.stringify(files.map(toPath))}) await import(path);
      for (const event of ['SIGTERM', 'SIGINT', 'exit', 'uncaughtException', 'unhandledRejection'])
        if (process.listenerCount(event) > 0) console.log('listens to ' + event);`;
    const { printed, exitCode } = await run(script);
    expect({ printed, exitCode, hasFiles: files.length > 0 }).toEqual({
      printed: '',
      exitCode: 0,
      hasFiles: true,
    });
  });
});

describe('importing tasks and the testing kit', () => {
  it('loads neither BullMQ nor ioredis, so that tests without Redis and isolated attempts start fast', async () => {
    const script = `
      import 'reflect-metadata';
      for (const path of ['tasks', 'tasks/testing', 'services/shared/SharedService', 'services/shared/ServiceContext'])
        await import('@backend/' + path);
      const loaded = Object.keys(require.cache).map((path) => /node_modules\\/(bullmq|ioredis)\\//.exec(path)?.[1]);
      console.log(JSON.stringify([...new Set(loaded.filter((name) => name !== undefined))]));`;
    const { printed } = await run(script);

    expect(printed).toBe('[]\n');
  });
});

describe('importRules', () => {
  const offences: [file: string, source: string, violation: string][] = [
    [
      'faults/check/a.ts',
      "import { runScenario } from '../world/runScenario';",
      'packages/faults/src/check/a.ts:1 imports ../world/runScenario',
    ],
    [
      'faults/plan/a.ts',
      "import { checkHistory } from '../check/checkHistory';",
      'packages/faults/src/plan/a.ts:1 imports ../check/checkHistory',
    ],
    [
      'core/a.ts',
      "import { z } from 'zod';\nimport { Queue } from 'lodash';",
      'packages/core/src/a.ts:2 imports lodash',
    ],
    [
      'core/a.ts',
      "import type { X } from '@backend/logger/Logger';",
      'packages/core/src/a.ts:1 imports @backend/logger/Logger',
    ],
    ['core/a.test.ts', "import { Queue } from 'bullmq';", 'packages/core/src/a.test.ts:1 imports bullmq'],
    [
      'backend/tasks/worker/a.ts',
      "import { type Job } from 'bullmq';",
      'packages/backend/src/tasks/worker/a.ts:1 imports bullmq',
    ],
    [
      'backend/services/users/a.ts',
      "const x = await import('ioredis');",
      'packages/backend/src/services/users/a.ts:1 imports ioredis',
    ],
    [
      'backend/services/users/a.ts',
      "const x = require('ioredis');",
      'packages/backend/src/services/users/a.ts:1 imports ioredis',
    ],
    [
      'backend/tasks/worker/a.ts',
      "import '@bull-board/api';",
      'packages/backend/src/tasks/worker/a.ts:1 imports @bull-board/api',
    ],
    [
      'backend/tasks/domain/a.ts',
      "export * from '../queue/b';",
      'packages/backend/src/tasks/domain/a.ts:1 imports ../queue/b',
    ],
    [
      'backend/tasks/isolation/a.ts',
      "import { b } from '../queue/b';",
      'packages/backend/src/tasks/isolation/a.ts:1 imports ../queue/b',
    ],
    [
      'backend/tasks/queue/a.ts',
      "import { b } from '../ledger/b';",
      'packages/backend/src/tasks/queue/a.ts:1 imports ../ledger/b',
    ],
    [
      'backend/tasks/ledger/a.ts',
      "import { b } from '../scheduler/b';",
      'packages/backend/src/tasks/ledger/a.ts:1 imports ../scheduler/b',
    ],
    [
      'backend/tasks/queue/a.ts',
      "import {\n  a,\n} from '../worker/b';",
      'packages/backend/src/tasks/queue/a.ts:3 imports ../worker/b',
    ],
    [
      'backend/tasks/worker/a.ts',
      "import type { A } from '../../services/users/A';",
      'packages/backend/src/tasks/worker/a.ts:1 imports ../../services/users/A',
    ],
    [
      'backend/logger/a.ts',
      "import { b } from '../tasks/domain/b';",
      'packages/backend/src/logger/a.ts:1 imports ../tasks/domain/b',
    ],
    [
      'backend/services/users/tasks/a.ts',
      "import { b } from '@backend/tasks/worker/b';",
      'packages/backend/src/services/users/tasks/a.ts:1 imports @backend/tasks/worker/b',
    ],
    [
      'backend/services/users/a.ts',
      "import { b } from '../../http/b';",
      'packages/backend/src/services/users/a.ts:1 imports ../../http/b',
    ],
    [
      'backend/tasks/queue/a.ts',
      "import { b } from '@backend/mail/b';",
      'packages/backend/src/tasks/queue/a.ts:1 imports @backend/mail/b',
    ],
    [
      'backend/redis/a.ts',
      "import { b } from '../process/b';",
      'packages/backend/src/redis/a.ts:1 imports ../process/b',
    ],
    [
      'backend/tasks/inspector/a.ts',
      "import { b } from '../worker/b';",
      'packages/backend/src/tasks/inspector/a.ts:1 imports ../worker/b',
    ],
    [
      'backend/services/users/a.ts',
      "import { createTestScheduler } from '@backend/tasks/testing';",
      'packages/backend/src/services/users/a.ts:1 imports @backend/tasks/testing',
    ],
    [
      'backend/process/a.ts',
      "import { b } from '../services/b';",
      'packages/backend/src/process/a.ts:1 imports ../services/b',
    ],
    [
      'backend/mail/a.ts',
      '\nconst { PORT: port } = process.env;',
      'packages/backend/src/mail/a.ts:2 imports process.env',
    ],
    [
      'backend/database/a.ts',
      "import { b } from '../redis/b';",
      'packages/backend/src/database/a.ts:1 imports ../redis/b',
    ],
    ['backend/cli/a.ts', "import '../worker';", 'packages/backend/src/cli/a.ts:1 imports ../worker'],
    [
      'backend/tasks/worker/a.ts',
      'const a = 1;\nawait Bun.sleep(a);',
      'packages/backend/src/tasks/worker/a.ts:2 imports Bun',
    ],
    [
      'backend/tasks/worker/a.ts',
      'const a = import.meta.dir;',
      'packages/backend/src/tasks/worker/a.ts:1 imports Bun',
    ],
    [
      'backend/tasks/worker/a.ts',
      "import { Database } from 'bun:sqlite';",
      'packages/backend/src/tasks/worker/a.ts:1 imports bun:sqlite',
    ],
    ['examples/a.ts', "import { Queue } from 'csv-parse';", 'packages/examples/src/a.ts:1 imports csv-parse'],
  ];

  it.each(offences)('refuse in %s: %j', (file, source, violation) => {
    const reasons = check(file, source);
    expect(reasons.map((reason) => reason.slice(0, reason.indexOf(': ')))).toContain(violation);
  });

  it('are each broken by an offence above', () => {
    const seen = offences.flatMap(([file, source]) => check(file, source));
    expect(importRules.filter(({ reason }) => !seen.some((line) => line.endsWith(`: ${reason}`)))).toEqual(
      [],
    );
  });

  const innocents: [file: string, source: string][] = [
    ['backend/tasks/queue/a.ts', "import { Queue } from 'bullmq';"],
    ['backend/tasks/worker/a.test.ts', "import { Queue } from 'bullmq';"],
    ['backend/tasks/domain/a.ts', "import type { ILogger } from '@backend/logger/Logger';"],
    ['backend/tasks/tasks.config.ts', "import { a } from '@backend/services/users/tasks/a';"],
    ['backend/tasks/worker/a.ts', "/**\n * import { Queue } from 'bullmq';\n */\nconst a = 'Bun.sleep';"],
    [
      'backend/tasks/worker/a.ts',
      "// import { Queue } from 'bullmq'\nconst a = `import { Queue } from 'bullmq'`;",
    ],
    ['backend/services/users/a.test.ts', "import { runTask } from '@backend/tasks/testing';"],
    ['backend/redis/local/a.ts', 'await Bun.sleep(1);'],
    ['backend/database/local/a.ts', "import { b } from '../../redis/local/b';\nconst path = process.env;"],
    ['backend/config/AppConfig.ts', 'const port = process.env;'],
    ['backend/mail/a.test.ts', "const port = process.env['PORT'];"],
    ['backend/mail/a.ts', '// process.env\nconst a = `process.env`;'],
  ];

  it.each(innocents)('accept in %s: %j', (file, source) => {
    expect(check(file, source)).toEqual([]);
  });
});

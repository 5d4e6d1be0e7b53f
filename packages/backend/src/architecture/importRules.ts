import { type ImportRule } from './ImportRule';

/** The arrows of the house, as a table. See docs/architecture.md. */
export const importRules: readonly ImportRule[] = Object.freeze([
  {
    from: /^core\//,
    target: /./,
    allowed: /^(core\/|(zod|neverthrow|uuid)(\/|$))/,
    reason: 'core is plain data and rules, and imports only zod, neverthrow, uuid and itself',
  },
  {
    from: /^core\//,
    target: /^(bullmq|ioredis|backend)(\/|$)/,
    includesTests: true,
    reason: 'core, its tests included, knows nothing of queues and backends',
  },
  {
    from: /./,
    except: /^(backend\/tasks\/queue\/|backend\/http\/board\/|benchmarks\/|faults\/)/,
    target: /^bullmq(\/|$)/,
    reason: 'BullMQ is spoken to in tasks/queue/ alone, so that its oddities have one place',
  },
  {
    from: /./,
    except: /^(backend\/redis\/|backend\/tasks\/queue\/|benchmarks\/|faults\/)/,
    target: /^ioredis(\/|$)/,
    reason: 'connections are made in redis/ and tasks/queue/ alone, with the settings that survive an outage',
  },
  {
    from: /./,
    except: /^backend\/http\//,
    target: /^@bull-board\//,
    reason: 'the board is a page of the HTTP app',
  },
  {
    from: /^backend\/tasks\/domain\//,
    target: /^backend\//,
    allowed: /^backend\/(tasks\/domain\/|logger\/(Logger|silentLogger)$)/,
    reason:
      'the domain is pure: of the backend it knows itself, the type ILogger and the logger that says nothing',
  },
  {
    from: /^backend\/tasks\/isolation\//,
    target: /^backend\//,
    allowed:
      /^backend\/(tasks\/((domain|isolation|resources)\/|scheduler\/(CallCheck|ChildCalls)$|ledger\/(LedgerError|transactionProblem)$)|database\/(DatabaseTarget|SqlDatabase)$|logger\/|config\/)/,
    reason:
      'what the process of an isolated attempt loads must start fast and open no connection; of the ledger it has the rules for a transaction, which is not there to be looked at in the worker',
  },
  {
    from: /^backend\/tasks\/queue\//,
    target: /^backend\/tasks\//,
    allowed: /^backend\/tasks\/(domain|queue)\//,
    reason: 'the queue lies below all that use it, and knows nothing of SQL',
  },
  {
    from: /^backend\/tasks\/ledger\//,
    target: /^backend\/tasks\//,
    allowed: /^backend\/tasks\/(domain|queue|ledger)\//,
    reason: 'the ledger lies below schedulers, workers and inspectors, which import it',
  },
  {
    from: /^backend\/tasks\//,
    except: /^backend\/tasks\/tasks\.config$/,
    target: /^backend\/(mail|process|services|http|cli|demo|container|api|worker|dev)(\/|$)/,
    reason: 'the task module knows no application: only tasks.config.ts lists its tasks',
  },
  {
    from: /^backend\/tasks\/(scheduler|inspector|deadLetters|recurring|resources|locks|triggers)\//,
    target: /^backend\/tasks\/worker\//,
    reason: 'scheduling, reading and locking happen in processes that run no task',
  },
  {
    from: /^(core|backend)\//,
    except: /^backend\/tasks\/testing\//,
    target: /^backend\/tasks\/testing(\/|$)/,
    reason: 'the testing kit is for tests: nothing that runs in production depends on it',
  },
  {
    from: /^backend\/(config|files|logger|redis|database)\//,
    target: /^backend\/(tasks|mail|process|services|http|cli|demo|container|api|worker|dev)(\/|$)/,
    reason: 'configuration, logger and connections lie below everything that uses them',
  },
  {
    from: /^backend\/database\//,
    target: /^backend\//,
    allowed: /^backend\/(database|config|logger|files|deadline|redis\/local)\//,
    reason: 'the database layer speaks SQL, and knows nothing of what is stored with it',
  },
  {
    from: /^backend\/services\/[^/]+\/tasks\//,
    target: /^backend\/tasks\//,
    allowed: /^backend\/tasks\/(domain|scheduler)\//,
    reason:
      "a service's tasks are definitions that may schedule others; what runs them is not their business",
  },
  {
    from: /^backend\/services\//,
    target: /^backend\/(http|cli|demo|container|api|worker|dev)(\/|$)/,
    reason: 'services lie below the ways to call them',
  },
  {
    from: /^backend\/process\//,
    target: /^backend\/(mail|services|http|cli|demo|container|api|worker|dev)(\/|$)/,
    reason: 'what entry points share knows none of them, and no application',
  },
  {
    from: /^backend\/(http|cli)\//,
    target: /^backend\/(demo|api|worker|dev)(\/|$)/,
    reason: 'entry points wire everything and are imported by nothing',
  },
  {
    from: /^backend\//,
    except: /^backend\/((database|http|demo|process|architecture)\/|redis\/local|(api|worker|dev)$)/,
    target: /^(Bun$|bun$|bun:)/,
    reason: 'what Node has too is used here, so that core and tasks can be published for both',
  },
  {
    // Besides the configuration: who hands it on to a child, and what is told to one process alone.
    from: /./,
    except:
      /^(backend\/(config\/AppConfig|process\/(StopRequest|ChildProcess|processRedis)|demo\/demo|redis\/local(Redis|\/.+)|database\/local\/.+)$|benchmarks\/|faults\/)/,
    target: /^process\.env$/,
    reason:
      'the environment is read and checked in config/, so that a wrong variable is reported at start-up',
  },
  {
    from: /^faults\/check\//,
    target: /./,
    allowed: /^(faults\/(check|plan|tasks)\/|Bun$)/,
    reason: 'whether a promise was kept is decided purely, on what was recorded',
  },
  {
    from: /^faults\/plan\//,
    target: /./,
    allowed: /^(faults\/(plan|tasks)\/|pure-rand\/|neverthrow$)/,
    reason: 'a scenario is data that its seed decides alone',
  },
  {
    from: /^examples\//,
    target: /./,
    allowed: /^((core|backend|examples)\/|node:|(bun|neverthrow|pg|postgres|zod)$|drizzle-orm(\/|$))/,
    reason:
      'an example shows what a user of Drover writes, with @core/..., @backend/... and the clients of databases alone',
  },
] satisfies ImportRule[]);

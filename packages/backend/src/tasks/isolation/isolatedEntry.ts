import { serveWorker } from './serveWorker';

/** The program of the process of an isolated attempt: its argument is the URL of the module that lists the tasks. */
if (import.meta.main) serveWorker(process.argv[2] ?? '');

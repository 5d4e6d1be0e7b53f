import { describeUnknown } from '@core/errors/describeUnknown';
import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { currentLogContext, type LogBindings } from './LogContext';
import { createFileDestination, type LogDestination } from './LogDestination';
import { type LogFields, toErrorFields, toLogFields } from './LogFields';
import { isLevelEnabled, type LogLevel } from './LogLevel';
import { type RedactPaths, toRedactPaths } from './RedactPaths';

/** Writes log lines. No method ever throws, whatever it is given; sensitive values are redacted. */
export interface ILogger {
  debug(message: string, meta?: object): void;
  info(message: string, meta?: object): void;
  warn(message: string, meta?: object): void;
  /**
   * @param error What was caught, of whatever type; logged as `error` with its name, message, code, stack and causes.
   */
  error(message: string, error?: unknown, meta?: object): void;
  /** A logger whose lines carry these bindings too. Cheap: nothing is copied before its first line. */
  child(bindings: object): ILogger;
  /** Hands over what the destination still buffers. */
  flush(): void;
}

/** How {@link createLogger} logs. */
export interface LoggerOptions {
  readonly level: LogLevel;
  /** `json`: one object a line. `pretty`: for people. */
  readonly format: 'pretty' | 'json';
  /** Further paths to redact, relative to a payload: `card.number`, `items.*.price`. Default: none. */
  readonly redactPaths?: readonly string[];
  /** Default: standard output, synchronously. */
  readonly destination?: LogDestination;
  /** Carried by every line, such as `{ service: 'worker' }`. Default: none. */
  readonly context?: LogBindings;
}

/**
 * Creates a logger over pino. A line carries, later ones winning: `context`, the bindings of `runWithLogContext`,
 * those of `child`, and its own meta.
 */
export const createLogger = ({
  level,
  format,
  redactPaths = [],
  destination = createFileDestination(),
  context = {},
}: LoggerOptions): ILogger => {
  const paths = toRedactPaths(redactPaths);
  const base = toLogFields(context, paths);
  const sink: LogSink = {
    enabledLevels: new Set(lineLevels.filter((line) => isLevelEnabled(line, level))),
    paths,
    pino: createPino(format === 'pretty' ? toPretty(destination) : destination),
    destination,
    readContext: createContextReader(base, paths),
  };
  return createSinkLogger(sink, () => ({}));
};

const lineLevels = ['debug', 'info', 'warn', 'error'] as const;

type LineLevel = (typeof lineLevels)[number];

/** What a logger and all its children share. */
interface LogSink {
  readonly enabledLevels: ReadonlySet<LineLevel>;
  readonly paths: RedactPaths;
  readonly pino: Record<LineLevel, (line: { readonly fields: LogFields }, message: string) => void>;
  readonly destination: LogDestination;
  readonly readContext: () => LogFields;
}

const createPino = (destination: LogDestination): LogSink['pino'] =>
  pino(
    {
      // The level is decided before pino is reached, so that a disabled line costs nothing.
      level: 'debug',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: ({ fields }) => Object(fields) },
      // Errors arrive as plain data: pino's own serializer would take them for objects of the class Object.
      serializers: { err: (error: unknown) => error },
    },
    destination,
  );

const toPretty = (destination: LogDestination): LogDestination => {
  const toText = prettyFactory({ translateTime: 'SYS:HH:MM:ss.l', singleLine: true });
  return { write: (line) => destination.write(toText(line)) };
};

/** Reads the bindings around the call; each set of them is copied once, however many lines carry it. */
const createContextReader = (base: LogFields, paths: RedactPaths): (() => LogFields) => {
  const copies = new WeakMap<LogBindings, LogFields>();
  return () => {
    const bindings = currentLogContext();
    const known = copies.get(bindings);
    if (known !== undefined) return known;
    const copy = { ...base, ...toLogFields(bindings, paths) };
    copies.set(bindings, copy);
    return copy;
  };
};

const createSinkLogger = (sink: LogSink, readBindings: () => LogFields): ILogger => ({
  debug: toWriter(sink, 'debug', readBindings),
  info: toWriter(sink, 'info', readBindings),
  warn: toWriter(sink, 'warn', readBindings),
  error: sink.enabledLevels.has('error')
    ? (message, error, meta) => writeLine(sink, { level: 'error', message, meta, error, readBindings })
    : writeNothing,
  child: (bindings) => createSinkLogger(sink, toBindingsReader(sink, readBindings, bindings)),
  flush: () => {
    guard(() => sink.destination.flush?.());
  },
});

const toWriter = (sink: LogSink, level: LineLevel, readBindings: () => LogFields): ILogger['info'] =>
  sink.enabledLevels.has(level)
    ? (message, meta) => writeLine(sink, { level, message, meta, readBindings })
    : writeNothing;

const writeNothing = (): void => undefined;

/** Copies the bindings of a child at its first line: most children never write one. */
const toBindingsReader = (
  sink: LogSink,
  readParent: () => LogFields,
  bindings: object,
): (() => LogFields) => {
  let copy: LogFields | undefined;
  return () => {
    copy ??= { ...readParent(), ...toLogFields(bindings, sink.paths) };
    return copy;
  };
};

/** What one call of a log method was given. */
interface LogCall {
  readonly level: LineLevel;
  readonly message: unknown;
  readonly meta: unknown;
  readonly error?: unknown;
  readonly readBindings: () => LogFields;
}

const writeLine = (sink: LogSink, call: LogCall): void => {
  const failure = guard(() => {
    const message = typeof call.message === 'string' ? call.message : describeUnknown(call.message);
    // Wrapped: pino takes fields named method, headers and socket for a request and drops all others.
    sink.pino[call.level]({ fields: toFields(sink, call) }, message);
  });
  if (failure !== undefined) guard(() => writeFailure(sink, failure.thrown));
};

const toFields = ({ paths, readContext }: LogSink, { meta, error, readBindings }: LogCall): LogFields => ({
  ...readContext(),
  ...readBindings(),
  ...toLogFields(meta, paths),
  ...(error === undefined ? {} : { error: toErrorFields(error, paths) }),
});

/** Straight to the destination, past whatever could not write the line. */
const writeFailure = ({ destination }: LogSink, thrown: unknown): void => {
  const line = { level: 'error', msg: 'a log line could not be written', reason: describeUnknown(thrown) };
  destination.write(`${JSON.stringify(line)}\n`);
};

/** Logging is never worth the task that logs: what it throws stops here. */
const guard = (act: () => void): { readonly thrown: unknown } | undefined => {
  try {
    act();
    return undefined;
  } catch (thrown) {
    return { thrown };
  }
};

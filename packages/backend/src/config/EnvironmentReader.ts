import { describeValue } from '@core/validation/describeValue';
import { type ConfigurationKeyName, configurationKeys } from './configurationKeys';

/** The variables of a process, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How {@link EnvironmentReader.readText} checks and shows a value. */
export interface TextRule {
  readonly isValid: (text: string) => boolean;
  /** In words, to follow "expected REDIS_URL to be". */
  readonly description: string;
  /** Makes a refused value fit for an error message. Default: quoted and shortened. */
  readonly show?: (text: string) => string;
}

/** Reads variables one by one and collects what is wrong with them, so that all problems are told at once. */
export interface EnvironmentReader {
  /** Grows with each refused value. */
  readonly problems: readonly string[];
  /** The text, or the default of its key; undefined if it has none. */
  readOptionalText(name: ConfigurationKeyName, rule?: TextRule): string | undefined;
  /** The text, or the default of its key. */
  readText(name: ConfigurationKeyName, rule?: TextRule): string;
  /** Decimal digits only, so that `1e3`, `10s` and ` 10` are refused. */
  readInteger(name: ConfigurationKeyName, range: { readonly min: number; readonly max?: number }): number;
  /** `true`, `false`, `1` or `0`. */
  readBoolean(name: ConfigurationKeyName): boolean;
  readOneOf<const Choice extends string>(name: ConfigurationKeyName, choices: readonly Choice[]): Choice;
  /** Adds a problem that concerns more than one variable. */
  addProblem(problem: string): void;
}

// The longest wait a timer can do: a longer one would fire at once.
const maxTimerMs = 2_147_483_647;

/** Creates a reader. An empty variable counts as unset; a refused value reads as its default, so reading goes on. */
export const createEnvironmentReader = (environment: Environment): EnvironmentReader => {
  const problems: string[] = [];
  const read = <T>(name: ConfigurationKeyName, form: Form<T>): T | undefined => {
    const text = environment[name];
    if (text === undefined || text === '') return form.parse(defaultOf(name));
    const value = form.parse(text);
    if (value !== undefined) return value;
    const { description, show = describeValue } = form;
    problems.push(`expected ${name} to be ${description}, got ${show(text)}`);
    return form.parse(defaultOf(name));
  };
  const readRequired = <T>(name: ConfigurationKeyName, form: Form<T>): T => {
    const value = read(name, form);
    if (value === undefined) throw new Error(`configuration key ${name} has no valid default`);
    return value;
  };
  return {
    problems,
    readOptionalText: (name, rule = anyText) => read(name, toTextForm(rule)),
    readText: (name, rule = anyText) => readRequired(name, toTextForm(rule)),
    readInteger: (name, { min, max = maxTimerMs }) => readRequired(name, toIntegerForm(min, max)),
    readBoolean: (name) => readRequired(name, booleanForm),
    readOneOf: (name, choices) => readRequired(name, toChoiceForm(choices)),
    addProblem: (problem) => problems.push(problem),
  };
};

/** How a variable's text becomes a value; undefined when it breaks the rule. */
interface Form<T> {
  readonly parse: (text: string) => T | undefined;
  readonly description: string;
  readonly show?: (text: string) => string;
}

const anyText: TextRule = { isValid: (text) => text !== '', description: 'a text' };

const defaultOf = (name: ConfigurationKeyName): string =>
  configurationKeys.find((known) => known.name === name)?.default ?? '';

const toTextForm = ({ isValid, ...rule }: TextRule): Form<string> => ({
  ...rule,
  parse: (text) => (text !== '' && isValid(text) ? text : undefined),
});

const toIntegerForm = (min: number, max: number): Form<number> => ({
  description: `an integer ${min}..${max}`,
  parse: (text) => {
    const value = /^(?:0|-?[1-9]\d{0,14})$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  },
});

const booleanForm: Form<boolean> = {
  description: 'true, false, 1 or 0',
  parse: (text) => {
    if (text === 'true' || text === '1') return true;
    return text === 'false' || text === '0' ? false : undefined;
  },
};

const toChoiceForm = <Choice extends string>(choices: readonly Choice[]): Form<Choice> => ({
  description: `one of ${choices.join(', ')}`,
  parse: (text) => choices.find((choice) => choice === text),
});

import { isRecord, unknownFieldProblems } from './fieldProblems';
import { showValue } from './numberRule';

const FIELDS = ['force'];

/** Lists everything that is wrong with the arguments of a retry: the id of a task, and `{ force }`. */
export const retryCallProblems = (id: unknown, options: unknown): readonly string[] => [
  ...(typeof id === 'string' && id !== '' ? [] : [`expected id to be a task id, got ${showValue(id)}`]),
  ...optionProblems(options),
];

const optionProblems = (options: unknown): readonly string[] => {
  if (!isRecord(options)) return [`expected options to be an object, got ${showValue(options)}`];
  const { force } = options;
  const isFine = force === undefined || typeof force === 'boolean';
  return [
    ...unknownFieldProblems(options, FIELDS),
    ...(isFine ? [] : [`expected force to be a boolean, got ${showValue(force)}`]),
  ];
};

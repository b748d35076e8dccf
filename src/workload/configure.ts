import { DEFAULT_WRITABLE_PATHS } from './defaults';
import { PodPart } from './pod-part';
import { ProgramProps } from './workload-props';
import { Site } from '../diagnostics/site';

/** Gives the program its files and variables, and the watchers of those that are changed in place. */
export const configure: PodPart = (template, { configuration }) => {
  configuration?.forEach((each, index) => each._addTo(template, index));
};

/** Each on its own, and that no two of them, nor other properties of the program, are for one place or one variable. */
export function checkConfiguration(site: Site, program: ProgramProps): void {
  const { configuration = [], env = {}, volumeMounts = [], writablePaths = DEFAULT_WRITABLE_PATHS } = program;
  configuration.forEach((each, index) => each._check(site.at(index)));
  const variables = Object.keys(env);
  const paths = [...volumeMounts.map(({ path }) => path), ...writablePaths];
  configuration.forEach(({ _mountPath, _variableNames }, index) => {
    const twice = _variableNames.find(name => variables.includes(name));
    if (twice !== undefined) {
      site.at(index).fail('InvalidVariable', 'must not set a variable that is set elsewhere', twice, 'Leave it out here, in env, or in the other Configuration: one would hide the other.');
    }
    variables.push(..._variableNames);
    if (_mountPath !== undefined && paths.includes(_mountPath)) {
      site.at(index).fail('InvalidPath', 'must have a directory of its own', _mountPath, 'Put the files of one directory into one Configuration, and leave it out of volumeMounts and writablePaths.');
    }
    paths.push(..._mountPath === undefined ? [] : [_mountPath]);
  });
}

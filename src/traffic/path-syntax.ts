import { checkSet } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/** The mistakes that one can make in a path, each found in what a user writes and met by what to write instead. */
const MISTAKES: { wrong: (path: string) => boolean; problem: string; fix: string }[] = [
  {
    wrong: path => /[?#]/.test(path),
    problem: 'must be a path alone',
    fix: 'The query does not take part in a match: leave out \'?\' and what follows.',
  },
  {
    wrong: path => /\s/.test(path),
    problem: 'must be a path, in one line and without blanks',
    fix: 'A blank of a path is written %20 in the request.',
  },
  {
    wrong: path => /[\u0080-\uffff]/.test(path),
    problem: 'must be written as it stands in the request',
    fix: 'Characters outside of ASCII are percent-encoded there: encodeURI() writes them so.',
  },
  {
    wrong: path => /\/:/.test(path),
    problem: 'must not name its parameters',
    fix: 'A segment of any text is written {*} in the paths of a call, and StringMatch.regex(\'/orders/[^/]+\') in a RouteMatch.',
  },
  {
    // The rest of RFC 3986's pchar, besides what the caller's own syntax means by '*', '{' and '}'
    wrong: path => /[^A-Za-z0-9\-._~%!$&'()*+,;:@=/{}]|\/\.[*+]|\$$/.test(path),
    problem: 'must not be a regular expression or have a character that no path has',
    fix: 'The paths of a call know * at the end and {*} for a segment; a RouteMatch has StringMatch.regex().',
  },
  {
    wrong: path => /%(?![0-9A-Fa-f]{2})/.test(path),
    problem: 'must have two hexadecimal digits after \'%\'',
    fix: 'A percent sign itself is written %25.',
  },
  {
    // Upstream: istio/istio pilot/pkg/networking/core/listener_builder.go, BASE: Envoy's normalize_path
    wrong: path => path.split('/').some(segment => /^(\.|%2e){1,2}$/i.test(segment)),
    problem: 'must not go up or stay in place',
    fix: 'The server\'s proxy resolves . and .. before it compares: write the path that results.',
  },
  {
    wrong: path => /%(2[DdEe]|3\d|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9AaEe])/.test(path),
    problem: 'must not encode what needs no encoding',
    fix: 'Write letters, digits, \'-\', \'.\', \'_\' and \'~\' themselves: paths are compared letter by letter.',
  },
  {
    wrong: path => path.includes('//'),
    problem: 'must not have an empty segment',
    fix: 'Write one slash: proxies and programs differ in what they make of two.',
  },
];

/** A path, or a pattern for paths, that a request can have. What `*`, `{` and `}` mean is the caller's to check. */
export function checkPathSyntax(site: Site, path: string): void {
  const mistake = MISTAKES.find(({ wrong }) => wrong(path));
  if (mistake) {
    site.fail('InvalidPath', mistake.problem, path, mistake.fix);
  }
  checkSet(site, path);
}

/** A path in which every character stands for itself. @param fix what to write in the place of a wildcard. */
export function checkLiteralPath(site: Site, path: string, fix: string): void {
  if (!path.startsWith('/')) {
    site.fail('InvalidPath', 'must start with \'/\'', path, 'Write the path as it stands in the request: /api/orders.');
  }
  checkPathSyntax(site, path);
  if (/[*{}]/.test(path)) {
    site.fail('InvalidPath', 'must not have a wildcard', path, fix);
  }
}

/** Upstream: grpc/grpc doc/PROTOCOL-HTTP2.md, Path: "/" Service-Name "/" method name. */
const NAME = '[A-Za-z_][A-Za-z0-9_]*';
const SERVICE = `${NAME}(?:\\.${NAME})*`;
const METHOD_PATH = new RegExp(`^/${SERVICE}/${NAME}$`);
const BEGINNING = new RegExp(`^/(?:(?:${NAME}\\.)*(?:${NAME})?|${SERVICE}/(?:${NAME})?)$`);
const GRPC_FIX = 'Write /orders.v1.Orders/Get, or /orders.v1.Orders/* for all methods of a service.';

/** @param beginning whether the path may go on. @param written how the user wrote it. */
export function checkGrpcPath(site: Site, path: string, beginning: boolean, written = path): void {
  if (!(beginning ? BEGINNING : METHOD_PATH).test(path)) {
    site.fail('InvalidPath', beginning ? 'must be the beginning of a gRPC path, /package.Service/Method' : 'must be a gRPC path, /package.Service/Method', written, GRPC_FIX);
  }
}

/** Comments and texts, long and short; names; and whatever else, one character each. */
const TOKENS = /(?:--)?\[(=*)\[[^]*?(?:\]\1\]|$)|--[^\n]*|"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?|[A-Za-z_]\w*|\S/g;
const HANDLER = /^envoy_on_(request|response)$/;
const OPENING = ['function', 'do', 'if', 'repeat'];
const CLOSING = ['end', 'until'];

/**
 * Whether a script in Lua leaves a global function behind that Envoy calls: envoyproxy/envoy source/extensions/filters/common/lua/lua.cc,
 * ThreadLocalState::registerGlobal.
 */
export function definesHandler(code: string): boolean {
  const tokens = [...code.matchAll(TOKENS)].map(([token]) => token).filter(token => !/^(--|["']|\[=*\[)/.test(token));
  const open: string[] = [];
  const hidden: string[] = [];
  return tokens.some((token, index) => {
    const [twoBefore, before, after, value] = [-2, -1, 1, 2].map(offset => tokens[index + offset]);
    const ofGlobals = before === '.' && twoBefore === '_G';
    const isFunction = after === '(' && (before === 'function' || (ofGlobals && tokens[index - 3] === 'function'));
    const isLocal = (isFunction && !ofGlobals ? twoBefore : before) === 'local';
    const around = isFunction ? open.slice(0, -1) : open;
    if (OPENING.includes(token)) {
      open.push(token);
    } else if (CLOSING.includes(token)) {
      open.pop();
    }
    if (!HANDLER.test(token) || around.includes('function')) {
      return false;
    }
    if (isLocal && around.length === 0) {
      hidden.push(token);
    }
    const isAssigned = after === '=' && !['=', 'nil', undefined].includes(value) && (before !== '.' || ofGlobals);
    return !isLocal && (isFunction || isAssigned) && (ofGlobals || !hidden.includes(token));
  });
}

/**
 * A module of the proxy-wasm interface that adds one header to every answer: as small as one can be, so that nothing has to be compiled for it.
 *
 * Upstream: https://github.com/proxy-wasm/spec/tree/main/abi-versions/v0.2.1
 */
export function headerModule(name: string, value: string): Buffer {
  const I32 = 0x7f;
  const text = (content: string) => [content.length, ...Buffer.from(content)];
  const list = (items: number[][]) => [items.length, ...items.flat()];
  const section = (id: number, items: number[][]) => [id, list(items).length, ...list(items)];
  const type = (parameters: number, results: number) => [0x60, ...list(Array(parameters).fill([I32])), ...list(Array(results).fill([I32]))];
  const i32 = (constant: number) => [0x41, constant];
  const body = (...code: number[]) => [code.length + 2, 0, ...code, 0x0b];
  const [FUNCTION, MEMORY] = [0, 2];
  const RESPONSE_HEADERS = 2;
  const exported = (exportedName: string, kind: number, index: number) => [...text(exportedName), kind, index];
  return Buffer.from([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [type(5, 1), type(3, 1), type(1, 1), type(0, 0), type(2, 0)]),
    ...section(2, [[...text('env'), ...text('proxy_add_header_map_value'), FUNCTION, 0]]),
    ...section(3, [[3], [2], [4], [1]]),
    ...section(5, [[0, 1]]),
    ...section(7, [
      exported('memory', MEMORY, 0), exported('proxy_abi_version_0_2_1', FUNCTION, 1), exported('malloc', FUNCTION, 2),
      exported('proxy_on_context_create', FUNCTION, 3), exported('proxy_on_response_headers', FUNCTION, 4),
    ]),
    ...section(10, [
      body(), body(...i32(64)), body(),
      // The header stands at the beginning of the memory
      body(...i32(RESPONSE_HEADERS), ...i32(0), ...i32(name.length), ...i32(name.length), ...i32(value.length), 0x10, 0, 0x1a, ...i32(0)),
    ]),
    ...section(11, [[0, ...i32(0), 0x0b, ...text(name + value)]]),
  ]);
}

/**
 * The methods that a route can take. CONNECT is none of them: no route of a VirtualService matches a request without a path
 * (envoyproxy/envoy source/common/router/config_impl.cc, supportsPathlessHeaders).
 */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

/** Paths that only a hub answers in JSON. */
export const HUB_ANSWERS: readonly string[] = ['/api/v1/hosts', '/api/v1/hosts/{name}', '/sd'];

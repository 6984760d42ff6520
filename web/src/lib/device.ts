/** "Firefox, Linux" out of what a browser says of itself. */
export function device(agent: string): string {
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\//.exec(agent)?.[1]?.replace('Edg', 'Edge').replace('OPR', 'Opera');
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/.exec(agent)?.[1]?.replace('Mac OS X', 'macOS');
  return [browser, system].filter(Boolean).join(', ') || agent.slice(0, 40);
}

export const is_phone = (agent: string): boolean => /Android|iPhone|Mobile/.test(agent);

/** Names of learnwares, which the picture of the world leaves out. */
import { api } from '../../api/client';
import type { Learnware } from '../../api/types';
import { useLoad } from '../../lib/load';
import { nameOf } from '../../lib/specification';

/** The name of one, or `null` while it is not known. */
export function useName(id: string | null): string | null {
  const found = useLoad(id ? `learnware/${id}` : null, (signal) => api.get<Learnware>(`/learnwares/${id}`, {}, signal));
  const version = found.data?.versions.find((entry) => entry.version === found.data?.latest_version) ?? found.data?.versions.at(-1);
  return version && id ? nameOf(version.semantic, id) : null;
}

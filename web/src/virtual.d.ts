declare module 'virtual:book' {
  export interface BookPage {
    name: string;
    title: string;
    sections: { id: string; text: string }[];
  }
  export const pages: BookPage[];
  export const load: Record<string, () => Promise<{ default: string }>>;
}

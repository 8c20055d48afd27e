/** A new password and how it has to be. */
import { t } from '../../i18n';
import { Field } from '../../ui/parts';

export const PASSWORD = { min: 10, max: 200 };

export function NewPasswordField({ label, value, onChange }: { label: string; value: string; onChange: (next: string) => void }) {
  const isShort = value.length > 0 && [...value].length < PASSWORD.min;
  return (
    <Field label={label} hint={t('account.passwordHint', { min: PASSWORD.min })} wrong={isShort ? t('account.passwordShort', { min: PASSWORD.min, n: [...value].length }) : null}>
      {(ids) => <input {...ids} type="password" autoComplete="new-password" required minLength={PASSWORD.min} maxLength={PASSWORD.max} value={value} onChange={(event) => onChange(event.target.value)} />}
    </Field>
  );
}

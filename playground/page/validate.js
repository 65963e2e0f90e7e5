/* What Slack itself refuses before the app is asked: empty required fields, lengths, numbers. */

const FIELDS = [
  "value",
  "selected_option",
  "selected_options",
  "selected_user",
  "selected_users",
  "selected_channel",
  "selected_channels",
  "selected_conversation",
  "selected_conversations",
  "selected_date",
  "selected_time",
  "selected_date_time",
];

function valueOf(state) {
  const field = FIELDS.find((name) => name in (state ?? {}));
  const value = field ? state[field] : null;
  return Array.isArray(value) && !value.length ? null : value;
}

function numberError(element, value) {
  const pattern = element.is_decimal_allowed ? /^[+-]?\d+(\.\d+)?$/ : /^[+-]?\d+$/;
  if (!pattern.test(value))
    return element.is_decimal_allowed
      ? "Enter a number, for example 2.5."
      : "Enter a whole number, for example 42.";
  if (element.min_value !== undefined && Number(value) < Number(element.min_value))
    return `Enter ${element.min_value} or more.`;
  if (element.max_value !== undefined && Number(value) > Number(element.max_value))
    return `Enter ${element.max_value} or less.`;
  return null;
}

const CHECKS = {
  number_input: numberError,
  email_text_input: (_, value) =>
    /^\S+@\S+\.\S+$/.test(value) ? null : "Enter an email address, for example ana@example.com.",
  url_text_input: (_, value) =>
    /^https?:\/\/\S+$/.test(value) ? null : "Enter a web address, for example https://example.com.",
  plain_text_input: (element, value) => {
    if (value.length < (element.min_length ?? 0))
      return `Enter at least ${element.min_length} characters.`;
    return value.length > (element.max_length ?? 3000)
      ? `Enter at most ${element.max_length ?? 3000} characters.`
      : null;
  },
};

/** Return {block_id: sentence} for the input blocks that may not be submitted with *values*. */
export function validate(blocks, values) {
  const errors = {};
  for (const block of blocks.filter((one) => one.type === "input")) {
    const value = valueOf(values[block.block_id]?.[block.element.action_id]);
    const isEmpty = value === null || value === "";
    if (isEmpty && !block.optional) errors[block.block_id] = "Please complete this required field.";
    const error = isEmpty ? null : CHECKS[block.element.type]?.(block.element, value);
    if (error) errors[block.block_id] = error;
  }
  return errors;
}

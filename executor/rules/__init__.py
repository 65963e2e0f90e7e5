"""What is allowed, what a value or an ending means: functions of values, no I/O, no clock."""

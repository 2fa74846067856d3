"""What the settings say of customers: `[crm]`."""

from workers.settings_part import Part

EXPECTED_OF_CRM = {"crm.tell_changes": "true or false"}


class CrmSettings(Part):
    """`tell_changes`: whether each change of a customer is sent on, as the message
    `customer.changed`."""

    tell_changes: bool = False

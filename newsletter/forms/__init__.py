from newsletter.forms.preferences import NewAddressForm, PauseForm, PreferencesForm
from newsletter.forms.sign_up import AddressForm, SignUpForm

__all__ = ["AddressForm", "NewAddressForm", "PauseForm", "PreferencesForm", "SignUpForm"]

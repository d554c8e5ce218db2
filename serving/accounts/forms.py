"""The sign-in form."""

from django import forms


class SignInForm(forms.Form):
    """Name and password; both are capped, since hashing a long text is work for nothing."""

    name = forms.CharField(
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True, "autocapitalize": "none"}),
    )
    password = forms.CharField(
        max_length=1024, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
